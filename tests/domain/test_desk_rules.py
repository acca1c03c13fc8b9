"""Rules changed on a page over those of the files: what may be, what may not, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service.rules_of_files import FILES

from ivr.domain.calendar_custom import customary_year
from ivr.domain.desk_rules import overlay, rule_value, with_rule
from ivr.domain.limit_bounds import BOUNDS, limit_value
from ivr.domain.limits import Limits
from ivr.domain.retention import CLASSES
from ivr.domain.retention_bounds import KEEP_BOUNDS
from ivr.domain.rule_faults import RuleFaultError

TIGHTER_WHEN_LONGER = {"account_window", "send_gap", "caller_window", "global_window"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


KEYS = (
    *(f"limits.{bound.name}" for bound in BOUNDS),
    *(f"alerts.{rule.kind}" for rule in FILES.alerts.alerts),
    *(f"retention.{kind}" for kind in CLASSES),
    *(f"queues.{name}" for name in FILES.queues.queues),
    *(f"dispositions.{name}" for name in FILES.queues.queues),
    "proofs.mobile_freeze",
    "service_level",
    "hours.week",
    "calendar.2027",
)


@pytest.mark.parametrize("key", KEYS)
def test_value_of_the_files_is_one_that_a_page_could_keep(key: str) -> None:
    value = rule_value(FILES, key)
    stored = json.loads(json.dumps(value))
    assert rule_value(with_rule(FILES, key, stored), key) == value


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_limit_moves_to_both_ends_and_not_one_past_them(bound: Any) -> None:
    key = f"limits.{bound.name}"
    for value in (bound.least, bound.most):
        assert limit_value(with_rule(FILES, key, value).limits, bound.name) == value
    for value in (bound.least - 1, bound.most + 1, 0, -1, True, 2.0, str(bound.least), None):
        with pytest.raises(RuleFaultError) as refused:
            with_rule(FILES, key, value)
        assert refused.value.faults[0][0] == bound.name
        assert bound.label in refused.value.faults[0][1]


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_no_limit_can_be_looser_than_the_standard(bound: Any) -> None:
    standard = limit_value(Limits(), bound.name)
    loosest = bound.least if bound.name in TIGHTER_WHEN_LONGER else bound.most
    assert loosest == standard


@settings(max_examples=150, deadline=None)
@given(key=st.sampled_from(KEYS) | st.text(max_size=20), value=JSON)
def test_any_value_is_taken_or_refused_with_words_and_nothing_else(key: str, value: Any) -> None:
    try:
        rules = with_rule(FILES, key, value)
    except RuleFaultError as error:
        assert error.faults and all(why for _, why in error.faults)
    else:
        assert rule_value(rules, key) is not None


def test_value_that_no_longer_holds_is_left_out_and_told_while_others_count() -> None:
    kept = {"limits.account_sends": 2, "queues.gone": {}, "limits.tries_per_call": 99}
    laid = overlay(FILES, kept)
    assert laid.rules.limits.account_sends == 2
    assert laid.rules.limits.tries_per_call == 3
    assert set(laid.faults) == {"queues.gone", "limits.tries_per_call"}


def test_order_of_the_changes_does_not_matter() -> None:
    own = {"saturday": {"opens": "09:00:00", "closes": "11:00:00"}}
    queue = {"most_waiting": 50, "notes": False, "week": own}
    week = {"saturday": {"opens": "08:00:00", "closes": "12:00:00"}}
    for kept in (
        {"queues.atendimento": queue, "hours.week": week},
        {"hours.week": week, "queues.atendimento": queue},
    ):
        assert overlay(FILES, kept).faults == {}
    with pytest.raises(RuleFaultError, match="nenhum horário em comum"):
        with_rule(FILES, "queues.atendimento", queue)


@pytest.mark.parametrize(
    "week",
    [
        {},
        {"monday": {"opens": "10:00:00", "closes": "10:00:00"}},
        {"monday": {"opens": "11:00:00", "closes": "10:00:00"}},
        {"montag": {"opens": "08:00:00", "closes": "10:00:00"}},
        {"monday": {"opens": "25:00", "closes": "26:00"}},
        {"monday": {"opens": "08:00:00"}},
        None,
        [],
    ],
)
def test_week_that_is_none_is_refused(week: Any) -> None:
    with pytest.raises(RuleFaultError):
        with_rule(FILES, "hours.week", week)


def test_hours_hold_from_the_very_minute_to_the_very_minute() -> None:
    week = {"wednesday": {"opens": "08:00:00", "closes": "12:00:00"}}
    hours = with_rule(FILES, "hours.week", week).hours
    opens = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert not hours.status(opens - second).open
    assert hours.status(opens).open
    assert hours.status(opens + timedelta(hours=4) - second).open
    closed = hours.status(opens + timedelta(hours=4))
    assert not closed.open and closed.reopens_at == opens + timedelta(days=7)


def test_queue_is_open_within_both_hours_only() -> None:
    own = {"wednesday": {"opens": "06:00:00", "closes": "09:00:00"}}
    value = {"most_waiting": 5, "notes": True, "week": own}
    rules = with_rule(FILES, "queues.segundo_nivel", value)
    hours = rules.hours.within(rules.queues.queue("segundo_nivel").week)
    local = [h for h in range(24) if hours.status(datetime(2026, 11, 25, h, 45, tzinfo=UTC)).open]
    assert local == [11, 12]
    assert rules.queues.queue("segundo_nivel").most_waiting == 5


@pytest.mark.parametrize("kind", CLASSES)
def test_period_of_a_class_stays_within_law(kind: Any) -> None:
    bound = KEEP_BOUNDS[kind]
    for keep in (bound.least, bound.most):
        rules = with_rule(FILES, f"retention.{kind}", keep)
        assert rules.retention is not None and rules.retention.classes[kind].keep == keep
    past = int(bound.most.split()[0]) + 1
    for keep in (f"{past} {bound.most.split()[1]}", "0 days", "1 minutes", "9999 years", "x", ""):
        with pytest.raises(RuleFaultError, match="de .* a"):
            with_rule(FILES, f"retention.{kind}", keep)


def test_recordings_cannot_go_a_day_before_the_decree_lets_them() -> None:
    for keep in ("89 days", "2 months", "2159 hours"):
        with pytest.raises(RuleFaultError, match=r"Decreto 11\.034/2022"):
            with_rule(FILES, "retention.recordings", keep)
    assert with_rule(FILES, "retention.recordings", "2160 hours")


def test_disposition_that_is_taken_away_keeps_its_words_for_old_talks() -> None:
    now = rule_value(FILES, "dispositions.atendimento")
    value = {"offered": now["offered"][1:], "retired": now["offered"][:1]}
    queues = with_rule(FILES, "dispositions.atendimento", value).queues
    assert "resolvido" not in queues.dispositions("atendimento")
    assert queues.disposition_label("atendimento", "resolvido") == "Resolvido"
    assert queues.disposition_label("atendimento", "nunca_houve") == "nunca_houve"


@pytest.mark.parametrize(
    "offered",
    [
        [],
        [{"word": "a_b", "label": "Um", "callback": False}] * 2,
        [{"word": "a_b", "label": "Um"}, {"word": "c_d", "label": "um"}],
        [{"word": "com espaço", "label": "Um"}],
        [{"word": "a_b", "label": "x" * 61}],
        [{"word": f"a_{chr(97 + n)}", "label": f"Um {n}"} for n in range(9)],
    ],
)
def test_list_of_dispositions_that_cannot_be_told_apart_is_refused(offered: Any) -> None:
    with pytest.raises(RuleFaultError):
        with_rule(FILES, "dispositions.atendimento", {"offered": offered, "retired": []})


def test_alert_keeps_its_order_and_its_unit() -> None:
    for value in (
        {"attention": 5, "critical": 4, "clear": 1},
        {"attention": 5, "critical": 6, "clear": 6},
        {"attention": 5, "critical": 101, "clear": 1},
    ):
        with pytest.raises(RuleFaultError, match="Abandono"):
            with_rule(FILES, "alerts.abandonment", value)
    good = {"attention": 5, "critical": 100, "clear": 5}
    assert rule_value(with_rule(FILES, "alerts.abandonment", good), "alerts.abandonment") == good


def test_custom_of_2027_is_what_the_file_holds_and_the_eve_of_no_other_day() -> None:
    bare = with_rule(FILES, "calendar.2027", {"provisional": True, "source": "nada", "days": []})
    found = {one["date"]: one["kind"] for one in customary_year(bare.calendar, 2027)["days"]}
    file = next(year for year in FILES.calendar.data.years if year.year == 2027)
    assert found == {day.date.isoformat(): day.kind for day in file.days}


@pytest.mark.parametrize("year", [2028, 2029, 2030, 2033, 2040])
def test_custom_of_any_year_is_a_year_that_the_calendar_takes(year: int) -> None:
    value = customary_year(FILES.calendar, year)
    rules = with_rule(FILES, f"calendar.{year}", value)
    assert year in rules.calendar.provisional_years
    assert len(value["days"]) >= 6


def test_changed_year_moves_the_deadline_that_is_counted_with_it() -> None:
    value = rule_value(FILES, "calendar.2026")
    friday = {"date": "2026-11-27", "kind": "optional", "name": "Ponto facultativo"}
    rules = with_rule(FILES, "calendar.2026", {**value, "days": [*value["days"], friday]})
    wednesday = datetime(2026, 11, 25, 14, tzinfo=UTC)
    before = FILES.calendar.add_business_days(wednesday, 3)
    assert rules.calendar.add_business_days(wednesday, 3) == before + timedelta(days=1)
    assert not rules.hours.status(wednesday + timedelta(days=2)).open
    assert FILES.hours.status(wednesday + timedelta(days=2)).open


@pytest.mark.parametrize(
    "key", ["service_level.x", "proofs.x", "proofs", "hours.x", "limits", "limits.reset_day", "x"]
)
def test_key_of_no_rule_is_neither_read_nor_changed(key: str) -> None:
    assert rule_value(FILES, key) is None
    with pytest.raises(RuleFaultError):
        with_rule(FILES, key, 72)
