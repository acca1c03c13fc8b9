"""The desk of people: hours, queue, promises to call back."""

from __future__ import annotations

from datetime import UTC, timedelta
from math import ceil

from ivr.domain.agent_states import BUSY, OFFERED
from ivr.domain.phone_number import normalise_phone
from ivr.domain.queue_order import wait_to_expect
from ivr.domain.sla import deadlines
from ivr.flow.requests import (
    Answer,
    BookCallback,
    CallbackBooked,
    CheckHours,
    CheckQueue,
    Hours,
    QueueState,
)
from ivr.ports.store import CallbackRow, Transaction
from ivr.service.desk.callbacks import promise
from ivr.service.desk.queue_turns import PROOF
from ivr.service.queue_hours import hours_of
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime

LOOK_BACK = timedelta(hours=2)


@handles(CheckHours, reads=True)
def check_hours(rt: Runtime, context: TurnContext, request: CheckHours) -> Answer:
    """Whether people answer now."""
    with rt.store.begin(write=False) as tx:
        status = rt.hours.status(tx.now())
    reopens = status.reopens_at
    return Hours(
        open=status.open,
        reason=status.reason.value,
        reopens_date=reopens.date().isoformat() if reopens else "",
        reopens_time=reopens.strftime("%H:%M") if reopens else "",
    )


@handles(CheckQueue)
def check_queue(rt: Runtime, context: TurnContext, request: CheckQueue) -> Answer:
    """Length of the queue and the wait to expect. The telephone of the simple mode is rung only
    while no agent of the queue is at the desk. Whom an agent sent to prove again comes back to a
    queue that has closed meanwhile."""
    with rt.store.begin(write=False) as tx:
        now, entry = tx.now(), tx.queues.entry(context.call.sid)
        waiting = tx.queues.waiting(request.queue)
        minutes = minutes_to_wait(tx, request.queue, waiting + 1)
        staffed = any(request.queue in agent.skills for agent in tx.desk.agents())
        closed = request.queue in tx.switches.closed_queues(now=now)
    own = rt.queues.queue(request.queue).week is not None
    closed |= own and not hours_of(rt, request.queue).status(now).open
    back = entry is not None and entry.left_at is not None and entry.result == PROOF
    return QueueState(
        agent_phone=rt.agent_phone and not staffed,
        waiting=waiting,
        wait_minutes=minutes,
        closed=closed and not back,
    )


def minutes_to_wait(tx: Transaction, queue: str, position: int) -> int:
    """Whole minutes to expect at a position of a queue, from who works there now and from what
    talks and waits took lately."""
    since = tx.now() - LOOK_BACK
    states = [a.presence.state for a in tx.desk.agents() if queue in a.skills]
    free = states.count("available")
    seconds = wait_to_expect(
        position,
        working=free + sum(state in BUSY or state in OFFERED for state in states),
        free=free,
        handling=tx.desk.handling_seconds(queue, since=since),
        mean_wait=tx.queues.mean_wait(queue, since=since),
    )
    return max(1, min(99, ceil(seconds / 60)))


@handles(BookCallback)
def book_callback(rt: Runtime, context: TurnContext, request: BookCallback) -> Answer:
    """Promise to call back, at the next opening when asked out of hours. One live promise a person
    and a number; asking again keeps the first."""
    call = context.call
    number = normalise_phone(request.number) if request.number else call.caller
    if number is None:
        return CallbackBooked(booked=False)
    due = deadlines(
        call.started_at,
        rt.calendar,
        business_days=rt.catalogue.facts.deadline_business_days,
        calendar_days=rt.catalogue.facts.deadline_calendar_days,
    ).business
    with rt.store.begin(write=False) as tx:
        opens = rt.hours.status(tx.now()).reopens_at
    row = CallbackRow(
        protocol=call.protocol,
        call_sid=call.sid,
        number=number,
        asked_at=call.started_at,
        due=due,
        next_at=opens.astimezone(UTC) if opens else None,
    )
    context.effects.append(lambda tx: promise(tx, row))
    return CallbackBooked(booked=True, number_end=number[-4:], deadline=due.isoformat())
