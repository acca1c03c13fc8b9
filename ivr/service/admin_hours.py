"""Hours as a page shows them before they are in force: now, next, and the days ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ivr.domain.calendar import Day
from ivr.domain.desk_rules import DeskRules
from ivr.domain.hours import Hours, ServiceHours, Shift, Weekday
from ivr.domain.local_time import local_date
from ivr.domain.sla import deadlines

DAYS_AHEAD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAhead:
    """A day with the hours in which people answer; None: they do not. ``was``: by the rules that
    are in force now."""

    day: Day
    span: tuple[time, time] | None
    was: tuple[time, time] | None

    @property
    def changes(self) -> bool:
        return self.span != self.was


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursAhead:
    """``due``: last day to answer a ticket that would be opened now."""

    at: datetime
    now: Hours
    was: Hours
    days: Sequence[DayAhead]
    due: date
    due_was: date


def hours_ahead(
    rules: DeskRules, in_force: DeskRules, *, queue: str = "", at: datetime, business_days: int
) -> HoursAhead:
    """What ``rules`` would mean for the desk, or a queue of it, from ``at`` on."""
    new, old = _of(rules, queue), _of(in_force, queue)
    today = local_date(at)
    return HoursAhead(
        at=at,
        now=new.status(at),
        was=old.status(at),
        days=[
            DayAhead(day=rules.calendar.day(day), span=new.working(day), was=old.working(day))
            for day in (today + timedelta(days=n) for n in range(DAYS_AHEAD))
        ],
        due=deadlines(at, rules.calendar, business_days=business_days).business,
        due_was=deadlines(at, in_force.calendar, business_days=business_days).business,
    )


def week_of(rules: DeskRules, queue: str = "") -> Mapping[Weekday, Shift]:
    """The hours that a queue, or the desk, has in a usual week."""
    return _of(rules, queue).week


def _of(rules: DeskRules, queue: str) -> ServiceHours:
    if not queue:
        return rules.hours
    return rules.hours.within(rules.queues.queue(queue).week)
