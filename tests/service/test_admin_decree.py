"""A year of the calendar from any form: what comes out is a year, or words that say why not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service.rules_of_files import FILES

from ivr.domain.desk_rules import overlay, with_rule
from ivr.domain.rule_faults import RuleFaultError
from ivr.service.admin_decree import (
    customary,
    with_day,
    with_decree,
    without_day,
    year_changed,
    year_value,
)

DATES = st.dates(date(2027, 1, 1), date(2027, 12, 31)).map(date.isoformat)
TIMES = st.times().map(lambda t: t.replace(microsecond=0).isoformat())
FORMS = st.fixed_dictionaries(
    {},
    optional={
        "data": DATES | st.text(max_size=12),
        "tipo": st.sampled_from(["optional", "half", "holiday"]) | st.text(max_size=8),
        "nome": st.text(max_size=20),
        "comeca": TIMES | st.text(max_size=6),
        "termina": TIMES | st.text(max_size=6),
        "veio_de": DATES | st.text(max_size=12),
    },
)


@settings(max_examples=60, deadline=None)
@given(forms=st.lists(FORMS, max_size=3))
def test_days_of_any_forms_make_a_year_that_holds_or_are_refused_in_words(
    forms: list[dict[str, str]],
) -> None:
    value: dict[str, Any] = year_value(FILES, 2027)
    for form in forms:
        try:
            new = with_day(value, form)
            rules = with_rule(FILES, "calendar.2027", new)
        except RuleFaultError as error:
            assert error.faults and all(why for _, why in error.faults)
            continue
        value = new
        found = rules.calendar.day(date.fromisoformat(form["data"]))
        assert found.kind.value == form["tipo"]
    assert overlay(FILES, {"calendar.2027": value}).faults == {}


def test_day_put_in_and_taken_out_leaves_the_year_as_it_was() -> None:
    value = year_value(FILES, 2027)
    form = {"data": "2027-03-24", "tipo": "optional", "nome": "Luto"}
    assert without_day(with_day(value, form), "2027-03-24") == value
    with pytest.raises(RuleFaultError, match="já não estava"):
        without_day(value, "2027-03-24")


def test_moved_holiday_is_a_working_day_where_it_was() -> None:
    form = {
        "data": "2027-10-29",
        "tipo": "optional",
        "nome": "Dia do Servidor Público",
        "veio_de": "2027-10-28",
    }
    value = without_day(year_value(FILES, 2027), "2027-10-28")
    changed = year_changed(with_rule(FILES, "calendar.2027", with_day(value, form)), FILES, 2027)
    assert [(c.day.date.day, c.day.kind.value, c.was.kind.value) for c in changed.days] == [
        (28, "business", "optional"),
        (29, "optional", "business"),
    ]
    assert changed.business_days == changed.business_days_was


def test_custom_is_for_a_year_that_the_calendar_lacks_only() -> None:
    assert customary(FILES, 2031)["provisional"] is True
    with pytest.raises(RuleFaultError, match="já tem este ano"):
        customary(FILES, 2027)


def test_decree_without_a_name_is_refused() -> None:
    value = with_decree(year_value(FILES, 2027), source="  ", provisional=False)
    with pytest.raises(RuleFaultError, match="Escreva o decreto"):
        with_rule(FILES, "calendar.2027", value)
