"""How long a ticket still has, told in the desk's own working time, with a warning in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ivr.domain.hours import ServiceHours
from ivr.domain.sla import Deadlines, business_days_left

State = Literal["ok", "warning", "breached", "met", "late"]
WARN_DAYS = 1
"""Business days left from which on the page warns: the last whole day before the deadline."""
_HOPS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """``state``: ok, warning (on the last days), breached (open and past), met or late (closed
    in or out of time). ``days``: business days left, 0 on the deadline's day, negative when past.

    ``working``: time of the desk's hours until the deadline, zero when past or closed.
    ``calendar_breached``: the second clock, of seven calendar days, ran out.
    """

    state: State
    days: int
    working: timedelta = timedelta(0)
    calendar_breached: bool = False


def countdown(
    due: Deadlines, hours: ServiceHours, *, now: datetime, closed_at: datetime | None = None
) -> Countdown:
    """Where both clocks of a ticket stand. Raises ValueError without time zone."""
    end = closed_at or now
    days = business_days_left(due, hours.calendar, now=end)
    late = end >= due.business_ends_at
    calendar_breached = end >= due.calendar_ends_at
    if closed_at is not None:
        return Countdown(
            state="late" if late else "met", days=days, calendar_breached=calendar_breached
        )
    if late:
        return Countdown(state="breached", days=days, calendar_breached=calendar_breached)
    return Countdown(
        state="warning" if days <= WARN_DAYS else "ok",
        days=days,
        working=working_time(hours, start=now, end=due.business_ends_at),
        calendar_breached=calendar_breached,
    )


def working_time(hours: ServiceHours, *, start: datetime, end: datetime) -> timedelta:
    """Time between two instants in which people answer, for spans of some weeks at most."""
    total, at = timedelta(0), start
    for _ in range(_HOPS):
        if at >= end:
            break
        status = hours.status(at)
        if status.open and status.closes_at is not None:
            until = min(status.closes_at, end)
            total += until - at
            at = until
        elif status.reopens_at is not None:
            at = status.reopens_at
        else:
            break
    return total
