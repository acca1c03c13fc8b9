"""The history of a ticket and of a person: calls, self-service runs, messages, talks, notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.ports.store import RecordingRow, TicketRow, Transaction
from ivr.ports.tickets import TicketFilter
from ivr.service.runtime import Runtime
from ivr.service.tickets import root_of

JOURNAL = frozenset(
    {
        "menu.chosen",
        "service.chosen",
        "person.identified",
        "person.verified",
        "proof.passed",
        "proof.failed",
        "queue.entered",
        "queue.left",
        "callback.booked",
        "message.sent",
        "directory.reset.settled",
        "directory.unlock.settled",
    }
)
"""Lines of a call's journal that belong into the history of its ticket."""
_RANK = {"opened": -1, "call.started": 0, "rated": 2, "call.ended": 3}
"""Which of two lines of the same instant came first."""
TICKETS_OF_A_PERSON = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line. ``protocol``: of the ticket whose call it happened in. ``text``: of a note.

    ``kind``: of a ticket event, of a journal line, ``recording`` or ``talk``. ``actor``:
    ``agent:<id>``, ``api:<id>``, ``caller``, ``system``.
    """

    at: datetime
    kind: str
    actor: str
    protocol: str
    call_sid: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)


def history_of(rt: Runtime, whose: str, *, limit: int = 500) -> list[HistoryLine]:
    """Newest first. ``whose``: a protocol (with all that is joined to its ticket), or the keyed
    hash of a person (all their tickets). Empty for one that is unknown."""
    with rt.store.begin(write=False) as tx:
        return history_in(tx, whose, limit=limit)


def history_in(tx: Transaction, whose: str, *, limit: int = 500) -> list[HistoryLine]:
    """:func:`history_of` in a transaction that is open."""
    asked = tx.tickets.by_protocol(whose)
    if asked is not None:
        tickets = family_of(tx, asked)
    elif whose:
        tickets = []
        for found in tx.ticket_lists.find(TicketFilter(person=whose, limit=TICKETS_OF_A_PERSON)):
            tickets += family_of(tx, found)
    else:
        return []
    lines = [line for ticket in tickets for line in _lines(tx, ticket)]
    lines.sort(key=lambda line: (line.at, _RANK.get(line.kind, 1)), reverse=True)
    return lines[:limit]


def family_of(tx: Transaction, ticket: TicketRow) -> list[TicketRow]:
    """The ticket that stands, then all that were joined to it."""
    root = root_of(tx, ticket)
    return [root, *tx.ticket_lists.joined_to(root.protocol)]


def recordings_of(tx: Transaction, ticket: TicketRow) -> list[RecordingRow]:
    """Recordings of the ticket and of all that were joined to it, newest first."""
    found = [r for one in family_of(tx, ticket) for r in tx.tickets.recordings(one.protocol)]
    return sorted(found, key=lambda recording: recording.at, reverse=True)


def _lines(tx: Transaction, ticket: TicketRow) -> list[HistoryLine]:
    protocol, sid = ticket.protocol, ticket.call_sid
    lines = [
        HistoryLine(
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            protocol=protocol,
            call_sid=sid,
            data=event.data,
            text=event.text,
        )
        for event in tx.ticket_log.events(protocol)
    ]
    lines += [
        HistoryLine(
            at=entry.at,
            kind=entry.kind,
            actor="caller" if entry.kind in ("menu.chosen", "service.chosen") else "system",
            protocol=protocol,
            call_sid=sid,
            data=entry.data,
        )
        for entry in reversed(tx.journal.of(sid))
        if entry.kind in JOURNAL
    ]
    lines += [
        HistoryLine(
            at=recording.at,
            kind="recording",
            actor="system",
            protocol=protocol,
            call_sid=recording.call_sid,
            data={
                "purpose": recording.purpose,
                "seconds": recording.seconds,
                "recording": recording.sid,
                "state": recording.state,
            },
        )
        for recording in tx.tickets.recordings(protocol)
    ]
    lines += [
        HistoryLine(
            at=talk.started_at,
            kind="talk",
            actor=f"agent:{talk.agent}",
            protocol=protocol,
            call_sid=sid,
            data={
                "seconds": int((talk.ended_at - talk.started_at).total_seconds())
                if talk.ended_at
                else None,
                "disposition": talk.disposition,
                "contact_class": talk.contact_class,
            },
            text=talk.notes,
        )
        for talk in tx.ticket_lists.talks(sid)
    ]
    return lines
