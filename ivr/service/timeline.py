"""A call step by step: spans in six lanes, put together from all that was written down of it.

Nothing here is personal: what was keyed is told by its length, what was spoken by its number of
words, prompts by id and text with their values left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.ports.call_search import CallFacts, CallTrail, LogLine
from ivr.ports.store import CallRow, JournalEntry, TicketRow, Transaction
from ivr.ports.tickets import Contact, TicketEvent
from ivr.service.calls_log_facts import facts_of
from ivr.service.runtime import Runtime
from ivr.service.timeline_spans import Span, spans_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All of a call. ``path``: places it came through, in order. ``names``: of agents, by id."""

    call: CallRow = field(repr=False)
    line: LogLine
    ticket: TicketRow | None
    contact: Contact | None
    spans: tuple[Span, ...]
    path: tuple[str, ...]
    trail: CallTrail
    names: Mapping[str, str]
    journal: tuple[JournalEntry, ...]
    now: datetime

    @property
    def end(self) -> datetime:
        """The end of the call, or now."""
        return self.call.ended_at or self.now


def timeline_of(rt: Runtime, sid: str) -> Timeline | None:
    """None for a call that is unknown."""
    with rt.store.begin(write=False) as tx:
        view = tx.calls.view(sid, 0)
        if view is None:
            return None
        return _told(rt, tx, view.call)


def _told(rt: Runtime, tx: Transaction, call: CallRow) -> Timeline:
    now = tx.now()
    ticket = tx.tickets.by_protocol(call.protocol)
    contact = tx.ticket_log.contact(call.sid)
    trail = tx.call_search.trail(call.sid)
    journal = tuple(tx.journal.of(call.sid))
    events: list[TicketEvent] = tx.ticket_log.events(call.protocol)
    line = LogLine(
        facts=_facts(tx, call, ticket, contact, trail, journal),
        caller_end=contact.caller_end if contact else "",
        known=contact.known if contact and contact.directory and not contact.erased else None,
    )
    return Timeline(
        call=call,
        line=line,
        ticket=ticket,
        contact=contact,
        spans=spans_of(rt.prompts, call, journal=journal, trail=trail, events=events),
        path=tuple(f"{e.flow}.{e.node}" for e in journal if e.kind == "node.entered"),
        trail=trail,
        names={one.id: one.name for one in tx.staff.everyone()},
        journal=journal,
        now=now,
    )


def _facts(
    tx: Transaction,
    call: CallRow,
    ticket: TicketRow | None,
    contact: Contact | None,
    trail: CallTrail,
    journal: tuple[JournalEntry, ...],
) -> CallFacts:
    if call.ended_at is not None:
        return tx.call_search.facts(call.sid) or facts_of(
            call, ticket=ticket, contact=contact, trail=trail, journal=journal
        )
    return CallFacts(
        sid=call.sid,
        protocol=call.protocol,
        started_at=call.started_at,
        person=call.person,
        caller_hash=contact.caller_hash if contact else "",
        service=ticket.service if ticket else "",
        identity=ticket.identity if ticket else "anonymous",
        outcome=call.outcome,
        revision=call.revision,
        node=ticket.node if ticket else "",
        queue=trail.entries[-1].queue if trail.entries else "",
        agent=trail.talks[-1].agent if trail.talks else "",
    )
