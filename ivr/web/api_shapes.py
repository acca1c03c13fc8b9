"""What goes in and out of ``/api/v1``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ivr.domain.phone_number import mask_phone
from ivr.ports.store import RecordingRow
from ivr.ports.transcripts import TranscriptRow
from ivr.service.tickets import NOTE_MAX
from ivr.service.tickets_api import ApiTicket
from ivr.service.tickets_history import HistoryLine

PROTOCOL = r"^[0-9]{12}$"
PAGE_MAX = 100
Status = Literal["open", "pending", "closed"]


class Strict(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TicketsQuery(Strict):
    """Which tickets."""

    status: Annotated[Status | None, Field(description="Estado")] = None
    service: Annotated[
        str | None, Field(pattern=r"^[a-z_]{1,40}$", description="Chave do serviço")
    ] = None
    since: Annotated[
        AwareDatetime | None, Field(description="Abertos desde este instante (RFC 3339)")
    ] = None
    after: Annotated[
        str | None, Field(pattern=PROTOCOL, description="`next` da página anterior")
    ] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="Chamados por página")] = 50


class NoteIn(Strict):
    """A note to add."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=NOTE_MAX, pattern=r"[^\s\x00-\x1f\x7f]"),
        Field(description="Texto da nota; nunca senhas nem códigos"),
    ]


class Requester(Strict):
    """Who asked, with personal data masked."""

    name: str = Field(description="Primeiro nome e inicial")
    cpf: str = Field(description="Só os seis algarismos do meio")
    mobile: str = Field(description="Só os quatro últimos algarismos")
    called_from: str = Field(description="Só os quatro últimos algarismos")


class NoteOut(Strict):
    """A note."""

    at: datetime
    by: Literal["agent", "api", "system"]
    text: str


class TicketOut(Strict):
    """A ticket."""

    protocol: str = Field(pattern=PROTOCOL)
    status: Status
    service: str
    subject: str
    outcome: str
    identity: Literal["anonymous", "identified", "verified"]
    opened_at: datetime
    closed_at: datetime | None
    due_business: date = Field(description="Prazo em dias úteis")
    due_calendar: date = Field(description="Prazo em dias corridos")
    rating: Annotated[int, Field(ge=1, le=5)] | None
    version: int
    requester: Requester | None


class TranscriptOut(Strict):
    """What was understood of a recording; ``▒▒▒`` stands for what may be a secret."""

    text: str = Field(description="O texto corrigido, ou o da máquina")
    confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
        description="Certeza média da máquina"
    )
    corrected: bool = Field(description="Se uma pessoa corrigiu")
    corrected_at: datetime | None


class LeftOut(Strict):
    """What a caller left recorded."""

    purpose: Literal["need", "complaint", "message", "voicemail"]
    at: datetime
    seconds: int
    transcript: TranscriptOut | None = Field(
        description="Só com a permissão `transcripts:read`; nulo também enquanto não existe"
    )


class TicketWithNotes(TicketOut):
    """A ticket, its notes and what callers left recorded, newest first."""

    notes: list[NoteOut]
    recordings: list[LeftOut]


class TicketPage(Strict):
    """A page of tickets, newest first. ``next``: value of ``after`` for the next page."""

    tickets: list[TicketOut]
    next: str | None


class NoteAdded(Strict):
    """The note was written."""

    number: int
    protocol: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None


def ticket_out(told: ApiTicket) -> TicketOut:
    """A ticket for the list."""
    return TicketOut.model_validate(_fields(told))


def ticket_with_notes(told: ApiTicket, *, transcripts: bool) -> TicketWithNotes:
    """A ticket for its own address. ``transcripts``: whether the words of callers are told."""
    notes = [_note(line) for line in told.notes]
    left = [_left(row, made if transcripts else None) for row, made in told.left]
    return TicketWithNotes.model_validate({**_fields(told), "notes": notes, "recordings": left})


def _left(row: RecordingRow, made: TranscriptRow | None) -> dict[str, Any]:
    text = (made.text or made.heard) if made is not None else ""
    transcript = made and {
        "text": text,
        "confidence": made.confidence,
        "corrected": bool(made.text),
        "corrected_at": made.corrected_at if made.text else None,
    }
    return {
        "purpose": row.purpose,
        "at": row.at,
        "seconds": row.seconds,
        "transcript": transcript if text else None,
    }


def _note(line: HistoryLine) -> dict[str, Any]:
    kind = line.actor.partition(":")[0]
    return {"at": line.at, "by": kind if kind in ("agent", "api") else "system", "text": line.text}


def _fields(told: ApiTicket) -> dict[str, Any]:
    row = told.ticket
    names = TicketOut.model_fields.keys() - {"requester", "identity"}
    fields = {name: getattr(row, name) for name in names}
    return {**fields, "identity": row.identity or "anonymous", "requester": _requester(told)}


def _requester(told: ApiTicket) -> dict[str, str] | None:
    contact = told.contact
    if contact is None or not contact.directory:
        return None
    known = contact.known
    parts = known.name.split()
    return {
        "name": f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else known.name,
        "cpf": known.cpf_masked,
        "mobile": mask_phone(known.mobile) if known.mobile else "",
        "called_from": f"(**) *****-{contact.caller_end}" if contact.caller_end else "",
    }
