from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.limits import (
    Limits,
    Refusal,
    caller_is_a_risk,
    code_expired,
    may_prove,
    may_reset,
    may_send_code,
    self_service_paused,
)

LIMITS = Limits()
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "failures", "everywhere", "refusal"),
    [
        (0, 0, 0, None),
        (2, 4, 49, None),
        (3, 0, 0, Refusal.CALL_TRIES),
        (0, 5, 0, Refusal.ACCOUNT_FAILURES),
        (0, 0, 50, Refusal.PAUSED),
        (9, 9, 99, Refusal.PAUSED),
    ],
)
def test_a_proof_is_refused_from_the_figure_on(
    tries: int, failures: int, everywhere: int, refusal: Refusal | None
) -> None:
    found = may_prove(
        LIMITS, tries_in_call=tries, account_failures=failures, global_failures=everywhere
    )
    assert (found.refusal, found.allowed) == (refusal, refusal is None)


def test_ten_failures_from_one_number_close_its_self_service() -> None:
    def refusal(count: int) -> Refusal | None:
        return may_prove(
            LIMITS,
            tries_in_call=0,
            account_failures=0,
            global_failures=0,
            caller_failures=count,
        ).refusal

    assert (refusal(9), refusal(10)) == (None, Refusal.CALLER_FAILURES)


def test_twenty_tries_spread_over_calls_get_five_guesses_at_an_account() -> None:
    failures = guesses = 0
    for _call in range(7):
        for tries in range(3):
            verdict = may_prove(
                LIMITS, tries_in_call=tries, account_failures=failures, global_failures=failures
            )
            if verdict.allowed:
                guesses += 1
                failures += 1
    assert guesses == 5


def send(**changes: Any) -> Refusal | None:
    counts: dict[str, Any] = {
        "now": NOW,
        "account_sends": 0,
        "destination_sends": 0,
        "last_send": None,
        "account_failures": 0,
        "global_failures": 0,
    }
    return may_send_code(LIMITS, **(counts | changes)).refusal


def test_codes_are_sent_three_times_a_day_and_a_minute_apart() -> None:
    assert send() is None
    assert send(account_sends=2, last_send=NOW - timedelta(seconds=60)) is None
    assert send(account_sends=3) is Refusal.ACCOUNT_SENDS
    assert send(last_send=NOW - timedelta(seconds=59)) is Refusal.SEND_TOO_SOON
    assert send(destination_sends=5) is Refusal.DESTINATION_SENDS
    assert send(destination_sends=4) is None
    assert send(account_failures=5) is Refusal.ACCOUNT_FAILURES
    assert send(global_failures=50) is Refusal.PAUSED


def test_a_send_too_soon_tells_when_it_may_be_tried_again() -> None:
    last = NOW - timedelta(seconds=10)
    verdict = may_send_code(
        LIMITS,
        now=NOW,
        account_sends=1,
        destination_sends=1,
        last_send=last,
        account_failures=0,
        global_failures=0,
    )
    assert verdict.retry_at == last + timedelta(seconds=60)


def test_a_last_send_ahead_of_the_clock_still_holds_the_next_one_back() -> None:
    assert send(last_send=NOW + timedelta(seconds=5)) is Refusal.SEND_TOO_SOON


@pytest.mark.parametrize(
    ("day", "month", "everywhere", "refusal"),
    [
        (0, 0, 0, None),
        (0, 2, 49, None),
        (1, 1, 0, Refusal.RESETS_PER_DAY),
        (0, 3, 0, Refusal.RESETS_PER_MONTH),
        (1, 3, 0, Refusal.RESETS_PER_MONTH),
        (0, 0, 50, Refusal.PAUSED),
    ],
)
def test_an_account_is_reset_once_a_day_and_three_times_a_month(
    day: int, month: int, everywhere: int, refusal: Refusal | None
) -> None:
    found = may_reset(LIMITS, resets_in_day=day, resets_in_month=month, global_failures=everywhere)
    assert found.refusal is refusal


counts = st.integers(0, 100)


@given(counts, counts, counts, st.integers(0, 20))
def test_more_failures_never_open_a_road_that_fewer_close(
    tries: int, failures: int, everywhere: int, more: int
) -> None:
    fewer = may_prove(
        LIMITS, tries_in_call=tries, account_failures=failures, global_failures=everywhere
    )
    worse = may_prove(
        LIMITS,
        tries_in_call=tries + more,
        account_failures=failures + more,
        global_failures=everywhere + more,
    )
    assert fewer.allowed or not worse.allowed


def test_fifty_failures_in_ten_minutes_pause_self_service() -> None:
    assert not self_service_paused(LIMITS, global_failures=49)
    assert self_service_paused(LIMITS, global_failures=50)
    assert LIMITS.global_window == timedelta(minutes=10)


def test_a_code_dies_at_ten_minutes() -> None:
    alive = NOW + timedelta(minutes=9, seconds=59)
    assert not code_expired(LIMITS, sent_at=NOW, now=alive)
    assert code_expired(LIMITS, sent_at=NOW, now=NOW + timedelta(minutes=10))


def test_a_busy_caller_number_is_marked_from_the_eleventh_call() -> None:
    assert not caller_is_a_risk(LIMITS, calls_in_window=10)
    assert caller_is_a_risk(LIMITS, calls_in_window=11)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tries_per_call": 0},
        {"account_failures": -1},
        {"send_gap": timedelta(0)},
        {"code_lifetime": timedelta(minutes=10, seconds=1)},
    ],
)
def test_limits_without_effect_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)
