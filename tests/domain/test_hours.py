from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.calendar import Calendar
from ivr.domain.data_faults import DataFaultError
from ivr.domain.hours import HoursReason, ServiceHours


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(hours=4)


@pytest.mark.parametrize(
    ("now", "reason", "name", "reopens"),
    [
        ("2026-03-02 07:29:59", "night", "", "2026-03-02 07:30"),
        ("2026-03-02 07:30:00", "open", "", None),
        ("2026-03-02 17:29:59", "open", "", None),
        ("2026-03-02 17:30:00", "night", "", "2026-03-03 07:30"),
        ("2026-03-02 23:59:59", "night", "", "2026-03-03 07:30"),
        ("2026-03-03 00:00:00", "night", "", "2026-03-03 07:30"),
        ("2026-03-06 17:30:00", "night", "", "2026-03-09 07:30"),
        ("2026-03-06 23:59:59", "night", "", "2026-03-09 07:30"),
        ("2026-03-07 00:00:00", "weekend", "", "2026-03-09 07:30"),
        ("2026-03-08 23:59:59", "weekend", "", "2026-03-09 07:30"),
        ("2026-09-07 10:00:00", "holiday", "Independência do Brasil", "2026-09-08 07:30"),
        ("2026-08-26 10:00:00", "holiday", "Aniversário de Campo Grande", "2026-08-27 07:30"),
        ("2026-10-11 10:00:00", "holiday", "Criação do Estado", "2026-10-13 07:30"),
        ("2026-10-28 10:00:00", "optional", "Dia do Servidor Público", "2026-10-29 07:30"),
        ("2026-02-16 10:00:00", "optional", "Carnaval", "2026-02-18 13:00"),
        ("2026-02-17 20:00:00", "optional", "Carnaval", "2026-02-18 13:00"),
        ("2026-02-18 07:29:59", "night", "", "2026-02-18 13:00"),
        ("2026-02-18 07:30:00", "half_day", "Quarta-feira de Cinzas", "2026-02-18 13:00"),
        ("2026-02-18 12:59:59", "half_day", "Quarta-feira de Cinzas", "2026-02-18 13:00"),
        ("2026-02-18 13:00:00", "open", "", None),
        ("2026-02-18 17:30:00", "night", "", "2026-02-19 07:30"),
        ("2026-12-30 17:30:00", "night", "", "2027-01-04 07:30"),
        ("2027-01-01 00:00:00", "holiday", "Confraternização Universal", "2027-01-04 07:30"),
    ],
)
def test_the_desk_tells_why_it_is_closed_and_when_it_reopens(
    hours: ServiceHours, now: str, reason: str, name: str, reopens: str | None
) -> None:
    found = hours.status(local(now))
    assert (found.open, found.reason.value, found.name) == (reason == "open", reason, name)
    assert found.reopens_at == (local(reopens) if reopens else None)


def test_an_open_desk_tells_when_it_closes(hours: ServiceHours) -> None:
    assert hours.status(local("2026-03-02 08:00")).closes_at == local("2026-03-02 17:30")
    assert hours.status(local("2026-03-02 06:00")).closes_at is None


def test_reopening_is_told_on_the_clock_of_campo_grande(hours: ServiceHours) -> None:
    reopens = hours.status(local("2026-03-07 12:00")).reopens_at
    assert reopens is not None
    assert (reopens.utcoffset(), reopens.time()) == (timedelta(hours=-4), time(7, 30))


def test_a_half_day_may_end_early(calendar_data: dict[str, Any]) -> None:
    half = {"date": date(2026, 3, 4), "kind": "half", "name": "Jogo", "closes": time(12)}
    calendar_data["years"][0]["days"].append(half)
    hours = ServiceHours.from_data(WEEK, Calendar.from_data(calendar_data))
    assert hours.status(local("2026-03-04 11:59:59")).open
    closed = hours.status(local("2026-03-04 12:00:00"))
    assert (closed.reason, closed.name) == (HoursReason.HALF_DAY, "Jogo")
    assert closed.reopens_at == local("2026-03-05 07:30")


def test_the_desk_may_work_on_saturdays(calendar: Calendar) -> None:
    week = WEEK["week"] | {"saturday": {"opens": time(8), "closes": time(12)}}
    hours = ServiceHours.from_data({"version": 1, "week": week}, calendar)
    assert hours.status(local("2026-03-07 08:00")).open
    assert hours.status(local("2026-03-07 12:00")).reason is HoursReason.NIGHT
    assert hours.status(local("2026-03-08 10:00")).reason is HoursReason.WEEKEND


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
)
def test_at_any_instant_the_desk_is_open_or_knows_when_it_reopens(
    hours: ServiceHours, now: datetime
) -> None:
    found = hours.status(now)
    if found.open:
        assert found.reason is HoursReason.OPEN
        assert found.closes_at is not None and found.closes_at > now
        assert not hours.status(found.closes_at).open
    else:
        assert found.reopens_at is not None and found.reopens_at > now
        assert hours.status(found.reopens_at).open
        assert not hours.status(found.reopens_at - timedelta(seconds=1)).open


def test_an_instant_without_zone_is_refused(hours: ServiceHours) -> None:
    with pytest.raises(ValueError):
        hours.status(datetime(2026, 3, 2, 10))


@pytest.mark.parametrize(
    ("week", "told"),
    [
        ({}, "must open on some weekday"),
        ({"segunda": {"opens": time(7), "closes": time(8)}}, "week.segunda"),
        ({"monday": {"opens": time(9), "closes": time(9)}}, "opens must come before closes"),
        ({"monday": {"opens": "07:30", "closes": time(9)}}, "week.monday.opens"),
        ({"monday": {"opens": time(7)}}, "week.monday.closes"),
    ],
)
def test_wrong_hours_in_the_file_are_refused_by_their_key(
    calendar: Calendar, week: dict[str, Any], told: str
) -> None:
    with pytest.raises(DataFaultError) as caught:
        ServiceHours.from_data({"version": 1, "week": week}, calendar)
    assert told in str(caught.value)


SHIFT = {"opens": time(7, 30), "closes": time(17, 30)}
WEEK: dict[str, Any] = {
    "version": 1,
    "week": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), SHIFT),
}
