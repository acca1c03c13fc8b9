"""The row by which a call that is over is found again, from all that was written down of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ivr.ports.call_search import CallFacts, CallTrail, Duration
from ivr.ports.desk import EngagementRow
from ivr.ports.store import CallRow, JournalEntry, TicketRow, Transaction
from ivr.ports.tickets import Contact

Span = tuple[datetime, datetime]
ERRORS = ("request.failed", "hours.unknown")
"""Lines of a journal that tell of a fault of ours, beside all ``fault.…``."""
_BANDS: tuple[tuple[int, Duration], ...] = ((60, "ate_1"), (300, "1_a_5"), (900, "5_a_15"))


def record_call(tx: Transaction, sid: str) -> bool:
    """Write, or write anew, the row of a call. False for one that goes on or is unknown.

    It belongs into every transaction that ends a call or changes what is told of one afterwards.
    """
    view = tx.calls.view(sid, 0)
    if view is None or view.call.ended_at is None:
        return False
    call = view.call
    trail = tx.call_search.trail(sid)
    facts = facts_of(
        call,
        ticket=tx.tickets.by_protocol(call.protocol),
        contact=tx.ticket_log.contact(sid),
        trail=trail,
        journal=tx.journal.of(sid),
    )
    tx.call_search.record(
        facts,
        agents=tuple(dict.fromkeys(talk.agent for talk in talks_with_caller(trail))),
        queues=tuple(dict.fromkeys(entry.queue for entry in trail.entries)),
    )
    return True


def facts_of(
    call: CallRow,
    *,
    ticket: TicketRow | None,
    contact: Contact | None,
    trail: CallTrail,
    journal: Sequence[JournalEntry],
) -> CallFacts:
    """The row of a call. Raises ValueError while it goes on."""
    if call.ended_at is None:
        raise ValueError("the call goes on")
    whole = (call.started_at, call.ended_at)
    talks = talks_with_caller(trail)
    talking = _united(
        ((talk.started_at, talk.ended_at or call.ended_at) for talk in talks), within=whole
    )
    waits = ((e.entered_at, e.left_at or call.ended_at) for e in trail.entries)
    busy = _united((*waits, *talking), within=whole)
    total, talk_s, busy_s = _seconds([whole]), _seconds(talking), _seconds(busy)
    classes = [talk.contact_class for talk in talks if talk.contact_class]
    place = trail.places[-1] if trail.places else 0
    ended_by = _ended_by(call, trail)
    abandoned = bool(trail.entries) and not talks and ended_by == "caller"
    return CallFacts(
        sid=call.sid,
        protocol=call.protocol,
        started_at=call.started_at,
        ended_at=call.ended_at,
        caller_hash=contact.caller_hash if contact else "",
        person=call.person,
        matricula_hash=contact.matricula if contact else "",
        agent=talks[-1].agent if talks else "",
        queue=trail.entries[-1].queue if trail.entries else "",
        service=ticket.service if ticket else "",
        outcome=call.outcome,
        node=ticket.node if ticket else "",
        ended_by=ended_by,
        identity=ticket.identity if ticket else "anonymous",
        revision=call.revision,
        contact_class=classes[-1] if classes else "",
        rating=ticket.rating if ticket else None,
        ivr_seconds=total - busy_s,
        queue_seconds=busy_s - talk_s,
        talk_seconds=talk_s,
        queue_position=place if abandoned else 0,
        duration=band_of(total),
        had_error=any(is_error(entry.kind) for entry in journal)
        or any(job.state == "failed" for job in trail.jobs if not job.kind.startswith("webhook.")),
        recorded=bool(trail.recordings) or any(talk.recording_sid for talk in talks),
        transferred=any(offer.kind == "transfer" and offer.answered_at for offer in trail.offers)
        or any(entry.kind == "transfer" for entry in trail.entries),
        abandoned=abandoned,
    )


def talks_with_caller(trail: CallTrail) -> list[EngagementRow]:
    """Talks that were no mere question to a colleague, oldest first."""
    asked = {offer.id for offer in trail.offers if offer.kind == "consult"}
    return [talk for talk in trail.talks if talk.offer not in asked]


def _ended_by(call: CallRow, trail: CallTrail) -> str:
    """Who hung up; a talk that an agent ended last tells of the agent."""
    talks = talks_with_caller(trail)
    if talks and talks[-1].ended_by == "agent" and call.ended_by == "caller":
        return "agent"
    return call.ended_by


def is_error(kind: str) -> bool:
    """Whether a line of a journal tells of a fault of ours."""
    return kind.startswith("fault.") or kind in ERRORS


def band_of(seconds: int) -> Duration:
    """Which class of length a call is of."""
    return next((band for most, band in _BANDS if seconds <= most), "mais_de_15")


def _united(spans: Iterable[Span], *, within: Span) -> list[Span]:
    """Spans that touch no other, cut to ``within``."""
    cut = sorted((max(a, within[0]), min(b, within[1])) for a, b in spans)
    united: list[Span] = []
    for begin, end in cut:
        if end <= begin:
            continue
        if united and begin <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((begin, end))
    return united


def _seconds(spans: Sequence[Span]) -> int:
    """Whole seconds, each span cut down on its own, so that a part is never longer than all."""
    return int(sum((b - a).total_seconds() for a, b in spans))
