"""The desk of people: hours, queue, promises to call back."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from ivr.domain.phone_number import normalise_phone
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
from ivr.ports.store import CallbackRow
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime

USUAL_WAIT = 180.0
"""Seconds to tell while no wait was measured yet."""
LOOK_BACK = timedelta(hours=2)


@handles(CheckHours)
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
    """Length of the queue and the wait to expect."""
    with rt.store.begin(write=False) as tx:
        waiting = tx.queues.waiting(request.queue)
        mean = tx.queues.mean_wait(request.queue, since=tx.now() - LOOK_BACK)
    return QueueState(
        agent_phone=rt.agent_phone,
        waiting=waiting,
        wait_minutes=minutes_to_wait(mean, waiting + 1),
    )


def minutes_to_wait(mean: float | None, position: int) -> int:
    """Whole minutes to expect at a position, from the mean of recent waits in seconds."""
    seconds = (USUAL_WAIT if mean is None else mean) * max(position, 1) / 2
    return max(1, min(99, ceil(seconds / 60)))


@handles(BookCallback)
def book_callback(rt: Runtime, context: TurnContext, request: BookCallback) -> Answer:
    """Promise to call back. One live promise a number; asking again keeps the first."""
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
    row = CallbackRow(
        protocol=call.protocol,
        call_sid=call.sid,
        number=number,
        asked_at=call.started_at,
        due=due,
    )
    context.effects.append(lambda tx: tx.tickets.add_callback(row))
    return CallbackBooked(booked=True, number_end=number[-4:], deadline=due.isoformat())
