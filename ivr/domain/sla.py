"""The two clocks of a ticket, both in whole local days.

The public page promises "prazo: 3 dias úteis". The day of the call never counts, whatever its
hour and whether the desk was open; the first business day after it is day one (Lei 9.784/1999,
art. 66: the first day is left out, the last is counted in). So a call on Friday at 23:59, on
Saturday, or on Sunday has Monday as day one, and the caller can check the date on any calendar.
Half days count; a deadline on a half day holds until midnight like any other. The second clock is
7 calendar days, the benchmark of Decreto 11.034/2022, art. 13.

Both last until the end of their local day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivr.domain.calendar import Calendar
from ivr.domain.local_time import end_of_day, local_date

BUSINESS_DAYS = 3
CALENDAR_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Last local days to answer a ticket."""

    business: date
    calendar: date

    @property
    def business_ends_at(self) -> datetime:
        """First instant, UTC, at which the business-day clock is breached."""
        return end_of_day(self.business)

    @property
    def calendar_ends_at(self) -> datetime:
        """First instant, UTC, at which the calendar-day clock is breached."""
        return end_of_day(self.calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """Which clocks ran out before the ticket was closed."""

    business: bool
    calendar: bool

    @property
    def any(self) -> bool:
        """Whether one of them did."""
        return self.business or self.calendar


def deadlines(
    opened_at: datetime,
    calendar: Calendar,
    *,
    business_days: int = BUSINESS_DAYS,
    calendar_days: int = CALENDAR_DAYS,
) -> Deadlines:
    """Both deadlines of a ticket opened at that instant. Raises ValueError without time zone."""
    return Deadlines(
        business=calendar.add_business_days(opened_at, business_days),
        calendar=local_date(opened_at) + timedelta(days=calendar_days),
    )


def breached(due: Deadlines, *, now: datetime, closed_at: datetime | None = None) -> Breach:
    """Whether each clock ran out, at ``closed_at`` or, for an open ticket, by ``now``."""
    end = now if closed_at is None else closed_at
    if end.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return Breach(
        business=end >= due.business_ends_at,
        calendar=end >= due.calendar_ends_at,
    )


def business_days_left(due: Deadlines, calendar: Calendar, *, now: datetime) -> int:
    """Business days from today to the deadline: 0 on its day, negative when it is past."""
    return calendar.business_days_between(local_date(now), due.business)
