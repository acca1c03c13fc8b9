"""The receipt of one attendance, by its protocol: what was said, what was done, until when and why.

The words are those of the prompts whose ids the journal holds; a value that was spoken in one
(a date, a position) is not kept and stands as its kind. The digest is a chain over the journal's
lines: whoever holds a receipt can tell later whether a line was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ivr.domain.audit_chain import START
from ivr.domain.calendar import DayKind
from ivr.domain.local_time import local_date
from ivr.domain.prompts.segments import PLACEHOLDER
from ivr.domain.sla import BUSINESS_DAYS, CALENDAR_DAYS
from ivr.ports.staff import AuditLine
from ivr.ports.store import JournalEntry, TicketRow
from ivr.service.runtime import Runtime
from ivr.service.tickets_history import JOURNAL

KINDS_OF_DAYS = {
    DayKind.HOLIDAY: "feriado",
    DayKind.OPTIONAL: "ponto facultativo",
    DayKind.WEEKEND: "fim de semana",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One utterance of a turn. ``words`` empty: the prompt is no longer in the catalogue."""

    at: datetime
    prompt: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``done``: journal lines that tell what was done. ``skipped``: days that the deadline does
    not count, each with its reason. ``hash``: digest of the chain over the ``lines``."""

    ticket: TicketRow
    started_at: datetime
    ended_at: datetime | None
    revision: str
    said: tuple[Said, ...]
    done: tuple[JournalEntry, ...]
    skipped: tuple[tuple[date, str], ...]
    lines: int
    hash: str
    business_days: int = BUSINESS_DAYS
    calendar_days: int = CALENDAR_DAYS
    facts: dict[str, str] = field(default_factory=dict)


def receipt_of(rt: Runtime, protocol: str, *, by: str) -> Receipt | None:
    """The receipt, None for a protocol that is unknown or erased. Its digest goes into the audit
    log, so that a journal that is changed afterwards no longer fits."""
    with rt.store.begin() as tx:
        ticket = tx.tickets.by_protocol(protocol)
        view = tx.calls.view(ticket.call_sid, 0) if ticket is not None else None
        if ticket is None or view is None:
            return None
        entries = list(tx.journal.of(ticket.call_sid))
        digest = digest_of(entries)
        tx.audit.add(
            AuditLine(
                at=tx.now(),
                actor=by,
                action="receipt.issued",
                object=f"ticket:{protocol}",
                data={"lines": len(entries), "hash": digest},
            )
        )
    return Receipt(
        ticket=ticket,
        started_at=view.call.started_at,
        ended_at=view.call.ended_at,
        revision=view.call.revision,
        said=tuple(_said(rt, entries)),
        done=tuple(entry for entry in entries if entry.kind in JOURNAL),
        skipped=tuple(_skipped(rt, ticket)),
        lines=len(entries),
        hash=digest,
    )


def digest_of(entries: Iterable[JournalEntry]) -> str:
    """SHA-256 chained line by line over the canonical JSON of a journal."""
    digest = START
    for entry in entries:
        line: dict[str, Any] = {
            "at": entry.at.isoformat(timespec="microseconds"),
            "data": dict(entry.data),
            "flow": entry.flow,
            "kind": entry.kind,
            "node": entry.node,
            "seq": entry.seq,
            "turn": entry.turn,
        }
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        digest = hashlib.sha256(f"{digest}\n{text}".encode()).hexdigest()
    return digest


def _said(rt: Runtime, entries: Iterable[JournalEntry]) -> Iterable[Said]:
    for entry in entries:
        if entry.kind != "turn.answered":
            continue
        for prompt in entry.data.get("prompts", ()):
            found = rt.prompts.prompts.get(str(prompt))
            words = "" if found is None else PLACEHOLDER.sub(lambda m: f"[{m[1]}]", found.text)
            yield Said(at=entry.at, prompt=str(prompt), words=words)


def _skipped(rt: Runtime, ticket: TicketRow) -> Iterable[tuple[date, str]]:
    day = local_date(ticket.opened_at)
    while (day := day + timedelta(days=1)) < ticket.due_business:
        found = rt.calendar.day(day)
        if not found.business:
            word = KINDS_OF_DAYS.get(found.kind, "")
            yield day, f"{found.name} ({word})" if found.name else word
