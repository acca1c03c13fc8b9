"""What ``/api/v1`` does: tokens by keyed hash, tickets a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.ports.store import RecordingRow, TicketRow
from ivr.ports.tickets import ApiToken, Contact, TicketFilter
from ivr.ports.transcripts import LEFT, TranscriptRow
from ivr.service.runtime import Runtime
from ivr.service.tickets import TicketError, root_of
from ivr.service.tickets_history import HistoryLine, family_of, history_in, recordings_of
from ivr.service.tickets_view import contact_of
from ivr.service.transcripts import transcripts_of

PREFIX = "ivr_"
TOKEN_BYTES = 32
USED_EVERY = timedelta(minutes=1)
"""The time of the last use is written no finer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTicket:
    """A ticket as the API tells it, with the contact that its requester is masked from."""

    ticket: TicketRow
    contact: Contact | None
    notes: tuple[HistoryLine, ...] = ()
    left: tuple[tuple[RecordingRow, TranscriptRow | None], ...] = ()
    """What callers left recorded, newest first."""


def new_token(rt: Runtime, *, name: str, scopes: Sequence[str]) -> tuple[ApiToken, str]:
    """Make a token: its row, and its text, which is stored nowhere."""
    plain = PREFIX + rt.entropy(TOKEN_BYTES).hex()
    with rt.store.begin() as tx:
        token = ApiToken(
            id=f"tk_{rt.entropy(6).hex()}",
            name=name,
            token_hash=rt.keyed_hash("api-token", plain),
            scopes=tuple(scopes),
            created_at=tx.now(),
        )
        tx.api_tokens.add(token)
    return token, plain


def token_of(rt: Runtime, plain: str) -> ApiToken | None:
    """The good token with this text. Its last use is written down, to the minute."""
    with rt.store.begin(write=False) as tx:
        token = tx.api_tokens.by_hash(rt.keyed_hash("api-token", plain))
        now = tx.now()
    if token is None or token.revoked_at is not None:
        return None
    if token.used_at is None or now - token.used_at >= USED_EVERY:
        with rt.store.begin() as tx:
            tx.api_tokens.used(token.id, at=now)
    return token


def page_of(
    rt: Runtime,
    *,
    status: str = "",
    service: str = "",
    since: datetime | None = None,
    after: str = "",
    limit: int = 50,
) -> tuple[list[ApiTicket], str]:
    """Tickets, newest first, and the protocol to go on after, empty on the last page.

    Raises TicketError, unknown for an ``after`` that no ticket has.
    """
    with rt.store.begin(write=False) as tx:
        last = tx.tickets.by_protocol(after) if after else None
        if after and last is None:
            raise TicketError("unknown")
        rows = tx.ticket_lists.find(
            TicketFilter(
                status=(status,) if status else (),
                service=service,
                since=since,
                before=(last.opened_at, last.protocol) if last else None,
                limit=limit + 1,
            )
        )
        told = [
            ApiTicket(ticket=row, contact=tx.ticket_log.contact(row.call_sid))
            for row in rows[:limit]
        ]
    return told, rows[limit - 1].protocol if len(rows) > limit else ""


def ticket_of(rt: Runtime, protocol: str) -> ApiTicket:
    """One ticket, with its notes; a joined one leads to the one that stands.

    Raises TicketError, unknown.
    """
    with rt.store.begin(write=False) as tx:
        asked = tx.tickets.by_protocol(protocol)
        if asked is None:
            raise TicketError("unknown")
        notes = [line for line in history_in(tx, protocol) if line.kind == "note"]
        rows = [row for row in recordings_of(tx, asked) if row.purpose in LEFT]
        made = transcripts_of(tx, rows)
        return ApiTicket(
            ticket=root_of(tx, asked),
            contact=contact_of(tx, family_of(tx, asked)),
            notes=tuple(notes),
            left=tuple((row, made.get(row.sid)) for row in rows),
        )
