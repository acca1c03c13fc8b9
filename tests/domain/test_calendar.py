from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.calendar import Basis, Calendar, CalendarAlarmKind, DayKind
from ivr.domain.data_faults import DataFaultError

STATE_HOLIDAYS_2026 = [
    (1, 1),
    (4, 3),
    (4, 21),
    (5, 1),
    (9, 7),
    (10, 11),
    (10, 12),
    (11, 2),
    (11, 15),
    (11, 20),
    (12, 25),
]
CITY_HOLIDAYS = [(6, 13), (8, 26)]
OPTIONAL_2026 = [
    (1, 2),
    (2, 16),
    (2, 17),
    (4, 2),
    (4, 20),
    (6, 4),
    (6, 5),
    (10, 28),
    (12, 24),
    (12, 31),
]

days = st.dates(date(2025, 1, 1), date(2029, 12, 31))


def dates_of(calendar: Calendar, year: int, kind: DayKind) -> list[tuple[int, int]]:
    found = [day.date for day in calendar.special_days(year) if day.kind is kind]
    return [(day.month, day.day) for day in found]


def test_2026_has_the_holidays_of_the_decree_and_those_of_the_city(calendar: Calendar) -> None:
    expected = sorted(STATE_HOLIDAYS_2026 + CITY_HOLIDAYS)
    assert dates_of(calendar, 2026, DayKind.HOLIDAY) == expected


def test_2026_has_the_optional_days_of_the_decree(calendar: Calendar) -> None:
    assert dates_of(calendar, 2026, DayKind.OPTIONAL) == OPTIONAL_2026


def test_ash_wednesday_2026_is_a_half_day_from_13h(calendar: Calendar) -> None:
    assert dates_of(calendar, 2026, DayKind.HALF) == [(2, 18)]
    day = calendar.day(date(2026, 2, 18))
    assert (day.opens, day.closes, day.business) == (time(13), None, True)
    assert day.name == "Quarta-feira de Cinzas"


def test_a_holiday_on_a_sunday_is_told_as_a_holiday(calendar: Calendar) -> None:
    assert calendar.day(date(2026, 10, 11)).kind is DayKind.HOLIDAY
    assert calendar.day(date(2026, 10, 10)).kind is DayKind.WEEKEND


def test_every_special_day_has_a_name_and_a_source(calendar: Calendar) -> None:
    for year in (2026, 2027):
        for day in calendar.special_days(year):
            assert day.name and day.source, day.date


def test_2027_follows_easter_and_is_marked_provisional(calendar: Calendar) -> None:
    easter = date(2027, 3, 28)
    for shift, kind in [
        (-48, DayKind.OPTIONAL),
        (-47, DayKind.OPTIONAL),
        (-46, DayKind.HALF),
        (-3, DayKind.OPTIONAL),
        (-2, DayKind.HOLIDAY),
        (60, DayKind.OPTIONAL),
        (61, DayKind.OPTIONAL),
    ]:
        day = calendar.day(easter + timedelta(days=shift))
        assert (day.kind, day.basis) == (kind, Basis.PROVISIONAL)
    assert calendar.provisional_years == {2027}


def test_a_year_that_the_file_lacks_raises_the_alarm_and_keeps_the_law(calendar: Calendar) -> None:
    assert calendar.years_covered == {2026, 2027}
    [alarm] = calendar.alarms(date(2028, 3, 1))
    assert (alarm.kind, alarm.year) == (CalendarAlarmKind.YEAR_MISSING, 2028)
    assert "2028" in alarm.text
    christmas = calendar.day(date(2028, 12, 25))
    assert (christmas.kind, christmas.basis) == (DayKind.HOLIDAY, Basis.LAW)


def test_next_year_is_asked_for_from_october_on(calendar: Calendar) -> None:
    assert calendar.alarms(date(2026, 9, 30)) == ()
    [provisional] = calendar.alarms(date(2026, 10, 1))
    assert (provisional.kind, provisional.year) == (CalendarAlarmKind.YEAR_PROVISIONAL, 2027)
    assert "provisório" in provisional.text
    assert [alarm.kind for alarm in calendar.alarms(date(2027, 10, 1))] == [
        CalendarAlarmKind.YEAR_PROVISIONAL,
        CalendarAlarmKind.YEAR_MISSING,
    ]


def test_a_moved_optional_day_leaves_work_on_its_usual_date() -> None:
    calendar = Calendar.from_data(
        {
            "version": 1,
            "years": [
                {
                    "year": 2024,
                    "provisional": False,
                    "source": "Decreto de 10 de outubro de 2024",
                    "days": [
                        {
                            "date": date(2024, 11, 14),
                            "kind": "optional",
                            "name": "Dia do Servidor Público",
                            "moved_from": date(2024, 10, 28),
                        }
                    ],
                }
            ],
        }
    )
    assert calendar.day(date(2024, 11, 14)).kind is DayKind.OPTIONAL
    usual = calendar.day(date(2024, 10, 28))
    assert usual.business and usual.name == "Dia do Servidor Público transferido para 14/11/2024"


def test_a_moved_holiday_leaves_work_on_its_usual_date(calendar_data: dict[str, Any]) -> None:
    moved = {
        "date": date(2026, 8, 28),
        "kind": "holiday",
        "name": "Aniversário de Campo Grande",
        "moved_from": date(2026, 8, 26),
    }
    before = Calendar.from_data(calendar_data)
    calendar_data["years"][0]["days"].append(moved)
    after = Calendar.from_data(calendar_data)
    assert not before.is_business(date(2026, 8, 26)) and after.is_business(date(2026, 8, 26))
    assert before.is_business(date(2026, 8, 28)) and not after.is_business(date(2026, 8, 28))


@given(days)
def test_every_day_has_an_answer_and_weekends_are_never_business(
    calendar: Calendar, day: date
) -> None:
    found = calendar.day(day)
    assert found.date == day
    if day.weekday() > 4:
        assert not found.business


@given(days, st.integers(0, 15))
def test_added_business_days_land_on_a_business_day_with_that_many_between(
    calendar: Calendar, day: date, n: int
) -> None:
    start = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
    end = calendar.add_business_days(start, n)
    assert calendar.is_business(end)
    if n:
        assert calendar.business_days_between(day, end) == n
        assert calendar.business_days_between(end, day) == -n


def test_adding_no_days_stays_or_goes_to_the_next_business_day(calendar: Calendar) -> None:
    friday = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert calendar.add_business_days(friday, 0) == date(2026, 11, 23)
    monday = datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert calendar.add_business_days(monday, 0) == date(2026, 11, 23)
    assert calendar.next_business_day(date(2026, 11, 19)) == date(2026, 11, 23)


def test_business_days_are_added_to_an_instant_with_a_zone_only(calendar: Calendar) -> None:
    with pytest.raises(ValueError):
        calendar.add_business_days(datetime(2026, 1, 5), 3)
    with pytest.raises(ValueError):
        calendar.add_business_days(datetime(2026, 1, 5, tzinfo=UTC), -1)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"kind": "half"}, "either opens or closes"),
        ({"kind": "half", "opens": time(13), "closes": time(17)}, "either opens or closes"),
        ({"kind": "optional", "opens": time(13)}, "only a day of kind"),
        ({"kind": "feriado"}, "kind"),
        ({"date": date(2027, 3, 3)}, "not in 2026"),
        ({"date": date(2026, 1, 2)}, "named twice"),
        ({"date": "2026-03-03"}, "date"),
        ({"date": date(2026, 3, 7), "kind": "half", "opens": time(13)}, "Monday to Friday"),
        ({"nome": "x"}, "nome"),
    ],
)
def test_a_wrong_day_in_the_file_is_refused_by_its_key(
    calendar_data: dict[str, Any], entry: dict[str, Any], told: str
) -> None:
    day = {"date": date(2026, 3, 3), "kind": "optional", "name": "x"} | entry
    calendar_data["years"][0]["days"].append(day)
    with pytest.raises(DataFaultError) as caught:
        Calendar.from_data(calendar_data)
    assert told in str(caught.value)
    assert caught.value.problems[0].startswith("years[0]")


def test_a_year_twice_and_an_impossible_date_are_refused(calendar_data: dict[str, Any]) -> None:
    twice = calendar_data | {"years": calendar_data["years"] + calendar_data["years"][:1]}
    with pytest.raises(DataFaultError, match="2026 is there twice"):
        Calendar.from_data(twice)
    municipal = [{"month": 2, "day": 30, "name": "x", "source": "y"}]
    with pytest.raises(DataFaultError, match=r"municipal\[0\]: 30/2"):
        Calendar.from_data(calendar_data | {"municipal": municipal})
