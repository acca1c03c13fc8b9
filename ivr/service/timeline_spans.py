"""The spans of a call's timeline, lane by lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from ivr.domain.prompts.catalogue import Catalogue
from ivr.ports.call_search import CallTrail
from ivr.ports.store import CallRow, JournalEntry
from ivr.ports.tickets import TicketEvent
from ivr.service.calls_log_facts import is_error

Lane = Literal["chamador", "ura", "fila", "agente", "sistema", "operadora"]
LANES: tuple[Lane, ...] = ("chamador", "ura", "fila", "agente", "sistema", "operadora")
Level = Literal["plain", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A prompt that was said. ``text``: of the catalogue as it is now, empty for an unknown id."""

    prompt: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that happened. ``until`` None: it was an instant, or it goes on (``open``).

    ``kind``: of a journal line, or ``said``, ``node``, ``webhook``, ``wait``, ``offer``, ``talk``,
    ``wrap_up``, ``leg``, ``job``, ``recording``, ``ticket.…``.
    """

    lane: Lane
    kind: str
    at: datetime
    until: datetime | None = None
    open: bool = False
    level: Level = "plain"
    turn: int = -1
    place: str = ""
    """Where the flow was, ``flow.node``."""
    data: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[Said, ...] = ()


SLOW_MS = 1000
"""A webhook that took longer is flagged: the caller heard silence."""
CALLER = ("input.received", "global.pressed", "person.asked")
_CARRIER = ("call.opened", "call.ended")
_SYSTEM = ("request.made", "request.failed", "message.sent", "job.left_behind", "job.settled")
_TOLD_ELSEWHERE = ("node.entered", "turn.answered")
_CALL_EVENTS = ("opened", "call.started", "call.answered", "call.ended")
"""Lines of a ticket that the call itself tells."""
SETTLED = (".settled",)
_IN_THE_TALK = ("supervision.", "outside.", "desk.")
"""What the journal tells of a talk; a ticket's lines of the same are not told twice."""


def spans_of(
    prompts: Catalogue,
    call: CallRow,
    *,
    journal: Sequence[JournalEntry],
    trail: CallTrail,
    events: Sequence[TicketEvent],
) -> tuple[Span, ...]:
    """All spans in the order of their beginnings; those of one instant as the journal has them."""
    told = [
        *_nodes(call, journal),
        *_turns(prompts, journal),
        *_lines(journal),
    ]
    beside = [
        *_waits(trail),
        *_talks(trail),
        *_carrier(trail),
        *_jobs(trail),
        *_ticket(events),
    ]
    told += [(len(journal) + place, span) for place, span in enumerate(beside)]
    return tuple(span for _, span in sorted(told, key=lambda one: (one[1].at, one[0])))


Placed = tuple[int, Span]
"""A span and its place among those of the same instant."""


def _place(entry: JournalEntry) -> str:
    return f"{entry.flow}.{entry.node}" if entry.node else ""


def _nodes(call: CallRow, journal: Sequence[JournalEntry]) -> Iterator[Placed]:
    """A span for each node, until the next one is entered."""
    entered = [(n, entry) for n, entry in enumerate(journal) if entry.kind == "node.entered"]
    ends: list[datetime | None] = [entry.at for _, entry in entered[1:]]
    for (number, entry), until in zip(entered, [*ends, call.ended_at], strict=False):
        span = Span(
            lane="ura",
            kind="node",
            at=entry.at,
            until=until,
            open=until is None,
            turn=entry.turn,
            place=_place(entry),
            data=entry.data,
        )
        yield number, span


def _turns(prompts: Catalogue, journal: Sequence[JournalEntry]) -> Iterator[Placed]:
    """What was said, and how long the answer took."""
    for number, entry in enumerate(journal):
        if entry.kind != "turn.answered":
            continue
        took = int(entry.data.get("ms", 0))
        webhook = Span(
            lane="sistema",
            kind="webhook",
            at=entry.at - timedelta(milliseconds=took),
            until=entry.at,
            level="warning" if took > SLOW_MS else "plain",
            turn=entry.turn,
            place=_place(entry),
            data={"ms": took},
        )
        yield number, webhook
        said = tuple(_said(prompts, str(name)) for name in entry.data.get("prompts", ()))
        if said:
            speech = Span(
                lane="ura",
                kind="said",
                at=entry.at,
                turn=entry.turn,
                place=_place(entry),
                data={"verb": entry.data.get("verb", "")},
                said=said,
            )
            yield number, speech


def _said(prompts: Catalogue, name: str) -> Said:
    known = prompts.prompts.get(name)
    return Said(prompt=name, text=known.text if known else "")


def _lines(journal: Sequence[JournalEntry]) -> Iterator[Placed]:
    """Inputs, decisions, faults."""
    for number, entry in enumerate(journal):
        if entry.kind in _TOLD_ELSEWHERE:
            continue
        lane = "ura"
        if entry.kind in CALLER:
            lane = "chamador"
        elif entry.kind.startswith(_IN_THE_TALK):
            lane = "agente"
        elif entry.kind in _CARRIER:
            lane = "operadora"
        elif entry.kind in _SYSTEM or entry.kind.endswith(SETTLED) or is_error(entry.kind):
            lane = "sistema"
        span = Span(
            lane=next(one for one in LANES if one == lane),
            kind=entry.kind,
            at=entry.at,
            level="error" if is_error(entry.kind) else "plain",
            turn=entry.turn,
            place=_place(entry),
            data=entry.data,
        )
        yield number, span


def _waits(trail: CallTrail) -> Iterator[Span]:
    for entry, place in zip(trail.entries, trail.places, strict=True):
        yield Span(
            lane="fila",
            kind="wait",
            at=entry.entered_at,
            until=entry.left_at,
            open=entry.left_at is None,
            data={
                "queue": entry.queue,
                "result": entry.result,
                "kind": entry.kind,
                "priority": entry.priority_kind,
                "position": place,
            },
        )


def _talks(trail: CallTrail) -> Iterator[Span]:
    for offer in trail.offers:
        until = offer.answered_at or offer.ended_at
        yield Span(
            lane="agente",
            kind="offer",
            at=offer.reserved_at,
            until=until,
            open=until is None,
            level="warning" if offer.state in ("declined", "expired") else "plain",
            data={
                "agent": offer.agent,
                "state": offer.state,
                "reason": offer.end_reason,
                "kind": offer.kind,
            },
        )
    for talk in trail.talks:
        yield Span(
            lane="agente",
            kind="talk",
            at=talk.started_at,
            until=talk.ended_at,
            open=talk.ended_at is None,
            data={"agent": talk.agent, "by": talk.ended_by, "hold": talk.hold_seconds},
        )
        if talk.ended_at is not None:
            yield Span(
                lane="agente",
                kind="wrap_up",
                at=talk.ended_at,
                until=talk.wrapped_at,
                open=talk.wrapped_at is None,
                data={
                    "agent": talk.agent,
                    "disposition": talk.disposition,
                    "class": talk.contact_class,
                },
            )


def _carrier(trail: CallTrail) -> Iterator[Span]:
    for leg in trail.legs:
        yield Span(
            lane="operadora",
            kind="leg",
            at=leg.created_at,
            until=leg.ended_at,
            open=leg.ended_at is None,
            level="warning" if leg.status in ("failed", "busy", "no-answer") else "plain",
            data={"agent": leg.agent, "role": leg.role, "status": leg.status},
        )
    for recording in trail.recordings:
        yield Span(
            lane="operadora",
            kind="recording",
            at=recording.at,
            until=recording.at + timedelta(seconds=recording.seconds),
            data={
                "sid": recording.sid,
                "purpose": recording.purpose,
                "seconds": recording.seconds,
                "state": recording.state,
            },
        )


def _jobs(trail: CallTrail) -> Iterator[Span]:
    for job in trail.jobs:
        reason = job.outcome.get("reason", job.outcome.get("outcome", ""))
        yield Span(
            lane="sistema",
            kind="job",
            at=job.created_at,
            until=job.settled_at,
            open=job.settled_at is None,
            level="error" if job.state == "failed" else "warning" if job.attempts > 1 else "plain",
            data={
                "job": job.kind,
                "state": job.state,
                "attempts": job.attempts,
                "reason": reason if isinstance(reason, str) else "",
            },
        )


def _ticket(events: Sequence[TicketEvent]) -> Iterator[Span]:
    for event in reversed(events):
        if event.kind not in _CALL_EVENTS and not event.kind.startswith(_IN_THE_TALK):
            yield Span(
                lane="sistema",
                kind=f"ticket.{event.kind}",
                at=event.at,
                data={"actor": event.actor, **event.data},
            )
