"""Limits that tell a supervisor: when they come on, and when they go."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.data_faults import DataFaultError
from ivr.domain.metrics_alerts import AlertRule, Level, alerts_from

FILE = Path(__file__).resolve().parents[2] / "callflows" / "alerts.toml"


def data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


RULE = AlertRule(
    kind="waiting", label="Pessoas na fila", unit="count", attention=10, critical=25, clear=6
)


def levels(values: list[float]) -> list[Level | None]:
    found: list[Level | None] = [None]
    for value in values:
        found.append(RULE.level(value, found[-1]))
    return found[1:]


def test_file_of_the_desk_holds() -> None:
    read = alerts_from(data())
    assert read.rules.within == 20
    assert {rule.kind for rule in read.alerts} >= {"longest_wait", "failed_proofs", "faults"}


def test_value_that_wavers_around_its_limit_neither_goes_out_nor_comes_on_again() -> None:
    assert levels([9, 10, 9, 10, 7, 6]) == [None, *["attention"] * 5]
    assert levels([10, 5.9, 9]) == ["attention", None, None]
    assert levels([30, 24, 9, 5]) == ["critical", "critical", "critical", None]


@given(st.lists(st.floats(0, 60), max_size=30))
def test_alert_ends_only_below_the_limit_of_its_end(values: list[float]) -> None:
    found = levels(values)
    for (_, before), (value, now) in pairwise(zip(values, found, strict=True)):
        if before is not None and now is None:
            assert value < RULE.clear
        if before is None and now is not None:
            assert value >= RULE.attention
        if value >= RULE.critical:
            assert now == "critical"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("alerts", 0, "clear"), 999),
        (("alerts", 0, "kind"), "weather"),
        (("alerts", 0, "attention"), 0),
        (("alerts", 1, "kind"), "longest_wait"),
        (("service_level", "formula"), "F6"),
        (("service_level", "within"), 0),
        (("version",), 2),
        (("surprise",), 1),
    ],
)
def test_fault_of_the_file_is_refused(path: tuple[Any, ...], value: Any) -> None:
    broken = data()
    place: Any = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(DataFaultError):
        alerts_from(broken)
