from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ivr.domain.calendar import Calendar
from ivr.domain.local_time import at_local, end_of_day, local_date, to_local
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.domain.sla import (
    BUSINESS_DAYS,
    CALENDAR_DAYS,
    breached,
    business_days_left,
    deadlines,
)


def local(text: str) -> datetime:
    """That local time as a UTC instant, by hand: Campo Grande is four hours behind."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(hours=4)


@pytest.mark.parametrize(
    ("opened", "business", "why"),
    [
        ("2026-03-02 10:00", date(2026, 3, 5), "plain Monday"),
        ("2026-03-06 16:00", date(2026, 3, 11), "Friday: Monday, Tuesday, Wednesday"),
        ("2026-03-07 10:00", date(2026, 3, 11), "Saturday: Monday is day one"),
        ("2026-03-08 23:59", date(2026, 3, 11), "Sunday: Monday is day one"),
        ("2026-03-02 22:30", date(2026, 3, 5), "late at night is still Monday"),
        ("2026-03-02 05:00", date(2026, 3, 5), "before the desk opens is Monday too"),
        ("2026-04-17 10:00", date(2026, 4, 24), "bridge: 20/4 optional, 21/4 holiday"),
        ("2026-04-01 10:00", date(2026, 4, 8), "2/4 optional, 3/4 holiday, weekend"),
        ("2026-06-03 10:00", date(2026, 6, 10), "Corpus Christi and the Friday after"),
        ("2026-08-25 10:00", date(2026, 8, 31), "26/8 is a holiday of the city"),
        ("2026-02-13 10:00", date(2026, 2, 20), "Carnival; the half day counts as day one"),
        ("2026-02-16 10:00", date(2026, 2, 20), "opened on an optional day"),
        ("2026-02-18 08:00", date(2026, 2, 23), "opened on the half day"),
        ("2026-10-09 10:00", date(2026, 10, 15), "11/10 Sunday holiday, 12/10 Monday holiday"),
        ("2026-12-23 10:00", date(2026, 12, 30), "24/12 optional, 25/12 holiday"),
        ("2026-12-29 10:00", date(2027, 1, 5), "31/12 optional, 1/1 holiday, weekend"),
        ("2026-12-31 23:59", date(2027, 1, 6), "the last minute of the year"),
    ],
)
def test_three_business_days_are_counted_from_the_day_after_the_call(
    calendar: Calendar, opened: str, business: date, why: str
) -> None:
    assert deadlines(local(opened), calendar).business == business, why


def test_midnight_in_campo_grande_moves_the_deadline_not_midnight_utc(calendar: Calendar) -> None:
    before = deadlines(local("2026-03-02 23:59:59"), calendar)
    after = deadlines(local("2026-03-03 00:00:00"), calendar)
    assert (before.business, before.calendar) == (date(2026, 3, 5), date(2026, 3, 9))
    assert (after.business, after.calendar) == (date(2026, 3, 6), date(2026, 3, 10))
    utc_midnight = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    assert deadlines(utc_midnight, calendar) == before


def test_seven_calendar_days_cross_the_year(calendar: Calendar) -> None:
    assert deadlines(local("2026-12-28 10:00"), calendar).calendar == date(2027, 1, 4)


def test_a_deadline_holds_to_the_last_second_of_its_local_day(calendar: Calendar) -> None:
    due = deadlines(local("2026-03-02 10:00"), calendar)
    assert due.business_ends_at == datetime(2026, 3, 6, 4, 0, tzinfo=UTC)
    assert not breached(due, now=local("2026-03-05 23:59:59")).any
    late = breached(due, now=local("2026-03-06 00:00:00"))
    assert (late.business, late.calendar) == (True, False)
    assert breached(due, now=local("2026-03-10 00:00:00")).calendar


def test_a_ticket_closed_in_time_is_never_breached_later(calendar: Calendar) -> None:
    due = deadlines(local("2026-03-02 10:00"), calendar)
    now = local("2026-06-01 10:00")
    assert not breached(due, now=now, closed_at=local("2026-03-05 23:00")).any
    assert breached(due, now=now, closed_at=local("2026-03-06 00:00")).business


def test_business_days_left_run_down_to_zero_and_below(calendar: Calendar) -> None:
    due = deadlines(local("2026-03-02 10:00"), calendar)
    left = [
        business_days_left(due, calendar, now=local(f"2026-03-{day:02d} 12:00"))
        for day in (2, 3, 5, 6, 9)
    ]
    assert left == [3, 2, 0, -1, -2]


def test_an_instant_without_zone_is_refused(calendar: Calendar) -> None:
    naive = datetime(2026, 3, 2, 10)
    with pytest.raises(ValueError):
        deadlines(naive, calendar)
    with pytest.raises(ValueError):
        breached(deadlines(local("2026-03-02 10:00"), calendar), now=naive)


def test_the_usual_deadlines_are_those_of_the_public_page(catalogue: ServiceCatalogue) -> None:
    facts = catalogue.facts
    assert (facts.deadline_business_days, facts.deadline_calendar_days) == (
        BUSINESS_DAYS,
        CALENDAR_DAYS,
    )


def test_campo_grande_is_four_hours_behind_all_year() -> None:
    for month in range(1, 13):
        instant = datetime(2026, month, 15, 12, tzinfo=UTC)
        assert to_local(instant).utcoffset() == timedelta(hours=-4)
    assert local_date(datetime(2026, 1, 1, 3, 59, 59, tzinfo=UTC)) == date(2025, 12, 31)
    assert end_of_day(date(2026, 12, 31)) == datetime(2027, 1, 1, 4, tzinfo=UTC)
    assert at_local(date(2026, 1, 1), datetime.min.time()).utcoffset() == timedelta(hours=-4)
