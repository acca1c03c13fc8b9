"""The desk as it is now, for the supervisor's board and the wall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from ivr.domain.local_time import at_local, local_date
from ivr.domain.metrics import FIGURES, Reading, answer_time, count, handling, service_level
from ivr.domain.metrics_events import BUCKET, bucket_of
from ivr.domain.metrics_tally import Sums, merge
from ivr.domain.phone_number import mask_phone
from ivr.ports.alarms import Alarm
from ivr.ports.desk import PresenceRow
from ivr.ports.metrics import AlertRow, ClosedQueue, NodeNow, OutageRow
from ivr.ports.queues import QueueRow
from ivr.ports.store import Transaction
from ivr.service.board_alerts import LATELY, SHOWN
from ivr.service.desk.presence import silent
from ivr.service.metrics import Period, recount, sums_of
from ivr.service.queue_hours import hours_of
from ivr.service.runtime import Runtime

FRESH = 4 * BUCKET
"""What began within so long is counted from the raw rows; the kept sums serve for the rest of
the day, and are at most a minute old."""
MOST_WAITING = 50
TODAY = ("nivel_de_servico", "abandono", "tme", "tma", "contencao", "csat")
STATES = ("available", "ringing", "in_call", "wrap_up", "paused", "offline")
"""As they are counted: a reserved agent is told with those whose telephone rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """A queue now, and its day."""

    name: str
    label: str
    waiting: int = 0
    oldest: datetime | None = None
    answered: int = 0
    abandoned: int = 0
    level: Reading
    answer_time: Reading
    free: int = 0
    closed: ClosedQueue | None = None
    opens: datetime | None = None
    """Out of the queue's own hours until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Somebody who waits. ``number`` is masked; ``ringing``: an agent's telephone rings for
    it."""

    call_sid: str
    queue: str
    place: int
    since: datetime
    number: str
    service: str = ""
    identity: str = ""
    priority_kind: str = ""
    ringing: bool = False
    kind: str = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLine:
    """An agent now, and its day. ``alive``: the console gives signs of life."""

    id: str
    name: str
    state: str
    reason: str = ""
    since: datetime | None = None
    skills: tuple[str, ...] = ()
    audio: str = ""
    alive: bool = False
    protocol: str = ""
    offer: str = ""
    talks: int = 0
    handling: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """``waiting`` and ``oldest``: everybody who waits; the list shows the first ones only."""

    at: datetime
    waiting: int
    oldest: datetime | None
    states: Mapping[str, int]
    pauses: Mapping[str, int]
    today: Mapping[str, Reading]
    queues: tuple[QueueLine, ...]
    waiters: tuple[Waiter, ...] = ()
    agents: tuple[AgentLine, ...] = ()
    nodes: tuple[NodeNow, ...] = ()
    faults: Mapping[str, int] = field(default_factory=dict)
    alerts: tuple[AlertRow, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    outage: OutageRow | None = None


def board_of(rt: Runtime, *, people: bool = True) -> Board:
    """Everything in one read. ``people`` False: nothing about single callers and agents, for a
    wall that anybody may see. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        sums = today_of(rt, tx, now)
        agents = _agents(rt, tx, sums, now)
        sizes = tx.queues.sizes()
        closed = tx.switches.closed_queues(now=now)
        states = dict.fromkeys(STATES, 0)
        pauses: dict[str, int] = {}
        for agent in agents:
            shown = agent.state if agent.state in states else "ringing"
            states[shown] += 1
            if agent.state == "paused":
                pauses[agent.reason] = pauses.get(agent.reason, 0) + 1
        today = {name: FIGURES[name].of(sums, rt.metric_rules) for name in TODAY}
        today["csat"] = _csat(tx, now)
        return Board(
            at=now,
            waiting=sum(n for n, _ in sizes.values()),
            oldest=min((since for _, since in sizes.values()), default=None),
            states=states,
            pauses=pauses,
            today=today,
            queues=tuple(
                _queue(rt, name, sums, sizes, agents, closed, now)
                for name in dict.fromkeys((*rt.queues.queues, *sizes))
            ),
            waiters=tuple(_waiters(tx, sizes)) if people else (),
            agents=tuple(agents) if people else (),
            nodes=tuple(tx.metrics.nodes_now()),
            faults=tx.metrics.faults_since(now - LATELY, started=now - timedelta(hours=4)),
            alerts=tuple(tx.switches.alerts_since(now - SHOWN)),
            alarms=tuple(tx.alarms.since(now - timedelta(days=1)))[-20:] if people else (),
            outage=tx.switches.outage(now=now),
        )


def today_of(rt: Runtime, tx: Transaction, now: datetime) -> Sums:
    """Sums since local midnight."""
    midnight = at_local(local_date(now), time(0))
    fresh = max(bucket_of(now) - FRESH, midnight)
    parts = [recount(rt, tx, Period(since=fresh, until=now), whole=False)]
    if fresh > midnight:
        parts.append(sums_of(rt, tx, Period(since=midnight, until=fresh)))
    return merge(parts)


def _csat(tx: Transaction, now: datetime) -> Reading:
    n, points = tx.metrics.ratings_since(at_local(local_date(now), time(0)))
    return Reading(value=points / n if n else None, n=n)


def _queue(
    rt: Runtime,
    name: str,
    sums: Sums,
    sizes: Mapping[str, tuple[int, datetime]],
    agents: list[AgentLine],
    closed: Mapping[str, ClosedQueue],
    now: datetime,
) -> QueueLine:
    known = rt.queues.queues.get(name)
    waiting, oldest = sizes.get(name, (0, None))
    return QueueLine(
        name=name,
        label=known.label if known else name,
        waiting=waiting,
        oldest=oldest,
        answered=count(sums, "stay.answered", name),
        abandoned=count(sums, "stay.abandoned", name),
        level=service_level(sums, rt.metric_rules, name),
        answer_time=answer_time(sums, rt.metric_rules, name),
        free=sum(a.state == "available" and name in a.skills for a in agents),
        closed=closed.get(name),
        opens=_opens(rt, name, now),
    )


def _opens(rt: Runtime, queue: str, now: datetime) -> datetime | None:
    known = rt.queues.queues.get(queue)
    if known is None or known.week is None:
        return None
    return hours_of(rt, queue).status(now).reopens_at


def _agents(rt: Runtime, tx: Transaction, sums: Sums, now: datetime) -> list[AgentLine]:
    found: list[AgentLine] = []
    for one in tx.staff.everyone():
        if not one.active or "agent" not in one.roles:
            continue
        row = tx.desk.presence(one.id) or PresenceRow(agent=one.id, since=now, idle_since=now)
        offer = tx.desk.offer(row.offer) if row.offer else None
        there = row.state != "offline"
        found.append(
            AgentLine(
                id=one.id,
                name=one.name,
                state=row.state,
                reason=row.reason,
                since=row.since if there else None,
                skills=one.skills,
                audio=one.audio,
                alive=there and not silent(row, now=now),
                protocol=offer.protocol if offer is not None else "",
                offer=row.offer,
                talks=count(sums, "agent.talks", one.id),
                handling=handling(_own(sums, one.id), rt.metric_rules),
            )
        )
    return found


def _own(sums: Sums, agent: str) -> Sums:
    """An agent's talks as those of a queue of its own."""
    return {
        (f"talk.{part}", agent): sums[(f"agent.{part}", agent)]
        for part in ("talk", "hold", "wrap")
        if (f"agent.{part}", agent) in sums
    }


def _waiters(tx: Transaction, sizes: Mapping[str, object]) -> list[Waiter]:
    rows: list[QueueRow] = []
    for name in sizes:
        rows += tx.metrics.waiting(name, limit=MOST_WAITING)
    ringing = {offer.call_sid for offer in tx.desk.open_offers()}
    found: list[Waiter] = []
    places: dict[str, int] = {}
    for row in rows:
        places[row.queue] = places.get(row.queue, 0) + 1
        view = tx.calls.view(row.call_sid, 0)
        ticket = tx.tickets.by_protocol(row.protocol) if row.protocol else None
        found.append(
            Waiter(
                call_sid=row.call_sid,
                queue=row.queue,
                place=places[row.queue],
                since=row.ranked_at or row.entered_at,
                number=mask_phone(view.call.caller if view else None),
                service=ticket.service if ticket else "",
                identity=ticket.identity if ticket else "",
                priority_kind=row.priority_kind,
                ringing=row.call_sid in ringing,
                kind=row.kind,
            )
        )
    return found
