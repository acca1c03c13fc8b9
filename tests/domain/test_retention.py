"""Periods of retention: counted to the second, never below what law orders."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.data_faults import DataFaultError
from ivr.domain.retention import CLASSES, LABELS, ClassData, RetentionPolicy, erased_words

DATA: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "callflows" / "retention.toml").read_text("utf-8")
)


def a_class(keep: str) -> ClassData:
    return ClassData(keep=keep, since="sempre", law="nenhuma")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_shipped_file_holds_every_class_and_the_decree() -> None:
    policy = RetentionPolicy.from_data(DATA)
    assert set(policy.classes) == set(CLASSES) == set(LABELS)
    now = at("2026-11-25T14:00:00")
    assert policy.before("recordings", now) == at("2026-08-27T14:00:00")
    assert policy.before("attendance", now) == at("2024-11-25T14:00:00")


@pytest.mark.parametrize(
    ("name", "keep", "word"),
    [
        ("recordings", "89 days", "90 days"),
        ("recordings", "2 months", "90 days"),
        ("attendance", "23 months", "2 years"),
        ("attendance", "729 days", "2 years"),
        ("logins", "0 days", "pattern"),
        ("logins", "6 weeks", "pattern"),
    ],
)
def test_period_below_law_or_without_sense_is_refused(name: str, keep: str, word: str) -> None:
    data = deepcopy(DATA)
    data["classes"][name]["keep"] = keep
    with pytest.raises(DataFaultError, match=word):
        RetentionPolicy.from_data(data)


def test_missing_and_unknown_classes_are_refused() -> None:
    data = deepcopy(DATA)
    del data["classes"]["alarms"]
    with pytest.raises(DataFaultError, match="alarms"):
        RetentionPolicy.from_data(data)
    data = deepcopy(DATA)
    data["classes"]["voices"] = data["classes"]["alarms"]
    with pytest.raises(DataFaultError, match="voices"):
        RetentionPolicy.from_data(data)


@pytest.mark.parametrize(
    ("keep", "now", "before"),
    [
        ("2 years", "2026-02-28T12:00:00", "2024-02-28T12:00:00"),
        ("2 years", "2028-02-29T12:00:00", "2026-02-28T12:00:00"),
        ("6 months", "2026-08-31T00:00:00", "2026-02-28T00:00:00"),
        ("1 months", "2026-01-31T00:00:00", "2025-12-31T00:00:00"),
        ("12 months", "2026-12-01T00:00:00", "2025-12-01T00:00:00"),
        ("1 hours", "2026-01-01T00:30:00", "2025-12-31T23:30:00"),
    ],
)
def test_periods_are_counted_in_calendar_units(keep: str, now: str, before: str) -> None:
    assert a_class(keep).before(at(now)) == at(before)


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    more=st.timedeltas(timedelta(0), timedelta(days=40)),
    keep=st.sampled_from(["2 years", "6 months", "90 days", "1 hours", "13 months"]),
)
def test_later_now_never_keeps_more_and_leap_day_is_kept_in_full(
    now: datetime, more: timedelta, keep: str
) -> None:
    period = a_class(keep)
    assert period.before(now) <= period.before(now + more)
    assert period.before(now) < now
    if keep == "2 years":
        assert now - period.before(now) >= timedelta(days=730)


def test_mark_of_erased_content_tells_the_local_day() -> None:
    assert erased_words(at("2026-03-13T02:00:00")) == "Conteúdo apagado em 12/03/2026 (LGPD)"
