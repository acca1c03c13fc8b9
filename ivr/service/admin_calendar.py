"""The calendar of a year as a page shows it, and the alarm when a year is missing or unsure."""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

import structlog

from ivr.domain.calendar import CalendarAlarm, Day
from ivr.domain.local_time import local_date
from ivr.ports.alarms import Alarm
from ivr.service.runtime import Runtime

CALENDAR = "calendar"
"""Kind of the alarm's row."""
FIRST_YEAR, LAST_YEAR = 2000, 2999

log = structlog.get_logger("ivr.alarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySeen:
    """A day with the hours in which people answer; None and None: they do not."""

    day: Day
    opens: time | None
    closes: time | None

    @property
    def open(self) -> bool:
        """Whether people answer at some hour of it."""
        return self.opens is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSeen:
    """A year. ``months``: weeks from Monday, None outside the month. ``source``: the decree,
    empty for a year that the file does not hold."""

    year: int
    months: Sequence[Sequence[Sequence[DaySeen | None]]]
    special: Sequence[DaySeen]
    business_days: int
    covered: bool
    provisional: bool
    source: str
    alarms: Sequence[CalendarAlarm]
    years: Sequence[int]


def year_seen(rt: Runtime, year: int, *, today: date) -> YearSeen:
    """Raises ValueError for a year that is none of the calendar's."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError("year")
    known = next((y for y in rt.calendar.data.years if y.year == year), None)
    grid = months.Calendar(firstweekday=0)
    return YearSeen(
        year=year,
        months=[
            [
                [_seen(rt, day) if day.month == month else None for day in week]
                for week in grid.monthdatescalendar(year, month)
            ]
            for month in range(1, 13)
        ],
        special=[_seen(rt, day.date) for day in rt.calendar.special_days(year)],
        business_days=rt.calendar.business_days_between(date(year - 1, 12, 31), date(year, 12, 31)),
        covered=known is not None,
        provisional=known is not None and known.provisional,
        source=known.source if known else "",
        alarms=rt.calendar.alarms(today),
        years=sorted({*rt.calendar.years_covered, today.year, today.year + 1, year}),
    )


def watch_calendar(rt: Runtime) -> int:
    """Raise an alarm a month for each year that is missing or provisional; how many were raised.
    Raises StoreUnavailableError."""
    raised = 0
    with rt.store.begin(write=False) as tx:
        today = local_date(tx.now())
    found = rt.calendar.alarms(today)
    if not found:
        return 0
    with rt.store.begin() as tx:
        for one in found:
            key = f"{CALENDAR}:{one.kind.value}:{one.year}:{today:%Y-%m}"
            if tx.alarms.raise_once(Alarm(key=key, kind=CALENDAR, at=tx.now())):
                raised += 1
                log.warning("calendar is unsure", why=one.kind.value, year=one.year)
    return raised


def _seen(rt: Runtime, day: date) -> DaySeen:
    span = rt.hours.working(day)
    opens, closes = span or (None, None)
    return DaySeen(day=rt.calendar.day(day), opens=opens, closes=closes)
