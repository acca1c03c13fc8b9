"""How long a ticket still has, in the desk's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.hours import ServiceHours
from ivr.domain.sla import Deadlines, deadlines
from ivr.domain.sla_countdown import countdown, working_time

WEDNESDAY = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
"""10:00 in Campo Grande; the desk works from 7:30 to 17:30."""


@pytest.fixture
def due(hours: ServiceHours) -> Deadlines:
    return deadlines(WEDNESDAY, hours.calendar)


def test_working_time_counts_no_night_and_no_weekend(hours: ServiceHours, due: Deadlines) -> None:
    assert due.business == date(2026, 11, 30)
    clock = countdown(due, hours, now=WEDNESDAY)
    assert (clock.state, clock.days) == ("ok", 3)
    assert clock.working == timedelta(hours=7.5 + 10 + 10 + 10)


@pytest.mark.parametrize(
    ("jump", "state", "days"),
    [
        (timedelta(days=1), "ok", 2),
        (timedelta(days=2), "warning", 1),
        (timedelta(days=4), "warning", 1),
        (timedelta(days=5), "warning", 0),
        (timedelta(days=5, hours=13, minutes=59), "warning", 0),
        (timedelta(days=5, hours=14), "breached", -1),
        (timedelta(days=9), "breached", -4),
    ],
)
def test_clock_that_jumps_warns_and_then_tells_the_breach(
    hours: ServiceHours, due: Deadlines, jump: timedelta, state: str, days: int
) -> None:
    clock = countdown(due, hours, now=WEDNESDAY + jump)
    assert (clock.state, clock.days) == (state, days)
    assert clock.calendar_breached == (jump >= timedelta(days=7, hours=14))


def test_closed_ticket_is_judged_by_the_time_it_was_closed(
    hours: ServiceHours, due: Deadlines
) -> None:
    late = WEDNESDAY + timedelta(days=30)
    met = countdown(due, hours, now=late, closed_at=WEDNESDAY + timedelta(days=1))
    assert (met.state, met.working) == ("met", timedelta(0))
    assert countdown(due, hours, now=late, closed_at=late).state == "late"


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=20)),
    st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_working_time_adds_up_and_is_never_more_than_time(
    hours: ServiceHours, start: datetime, one: timedelta, two: timedelta
) -> None:
    whole = working_time(hours, start=start, end=start + one + two)
    parts = working_time(hours, start=start, end=start + one) + working_time(
        hours, start=start + one, end=start + one + two
    )
    assert whole == parts
    assert timedelta(0) <= whole <= one + two
