"""Alarms: the pause of self-service, an account that is felt out, the day's last code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desk import Desk, people
from structlog.testing import capture_logs
from web.phone_line import call, identify, later, still_desk, to_code

from ivr.domain.limits import Limits
from ivr.service.pause import CAPPED, PAUSED, PROBED

WRONG = "00000001"


def with_budget(desk: Desk, failures: int) -> None:
    desk.rt = replace(desk.rt, limits=replace(Limits(), global_failures=failures))
    desk.app.extensions["ivr"] = desk.rt


def alarms(desk: Desk) -> list[str]:
    with desk.rt.store.begin(write=False) as tx:
        return [alarm.kind for alarm in tx.alarms.since(desk.clock.at.replace(year=2000))]


def try_pin(desk: Desk, name: str, who: str, tries: int) -> str:
    line = identify(call(desk, name), people()[who]["cpf"])
    for _ in range(tries):
        line.key(WRONG)
    return line.sid


def test_pause_raises_one_alarm_a_window_in_row_journal_and_log(still: Desk) -> None:
    with_budget(still, 3)
    with capture_logs() as logs:
        try_pin(still, "one", "ana", 3)
        assert alarms(still) == []
        sid = try_pin(still, "two", "bento", 2)
        try_pin(still, "three", "clara", 1)
    assert alarms(still) == [PAUSED]
    assert still.kinds(sid).count("alarm.self_service_paused") == 1
    told = [line for line in logs if line["log_level"] == "error"]
    assert [line["event"] for line in told] == ["self-service is paused"]
    assert not any(people()["bento"]["cpf"] in str(line) for line in told)


def test_pause_that_lasts_into_another_window_is_told_again(still: Desk) -> None:
    with_budget(still, 3)
    try_pin(still, "one", "ana", 3)
    try_pin(still, "two", "bento", 3)
    later(still, minutes=9, seconds=30)
    for who in ("clara", "lia", "mauro"):
        try_pin(still, who, who, 1)
    later(still, minutes=1)
    assert alarms(still)[0] == PAUSED
    try_pin(still, "four", "hugo", 1)
    assert alarms(still) == [PAUSED, PAUSED]


def test_failures_below_the_budget_raise_no_alarm(still: Desk) -> None:
    try_pin(still, "one", "ana", 3)
    try_pin(still, "two", "bento", 3)
    assert alarms(still) == []


def test_account_that_is_felt_out_over_several_calls_alarms_at_the_third_failed_proof(
    still: Desk,
) -> None:
    for number, name in enumerate("abcdef"):
        with capture_logs() as logs:
            sid = try_pin(still, name, "ana", 1)
        assert alarms(still) == ([PROBED] if number >= 2 else []), name
        told = [line["event"] for line in logs if line["log_level"] == "error"]
        assert told == (["an account is felt out over several calls"] if number == 2 else [])
        assert still.kinds(sid).count("alarm.account_probed") == (number == 2)
        later(still, minutes=5)


def test_who_mistypes_in_one_call_alarms_nobody(still: Desk) -> None:
    try_pin(still, "one", "ana", 3)
    assert alarms(still) == []


def test_unknown_number_that_is_felt_out_alarms_alike(still: Desk) -> None:
    for name in "abc":
        line = identify(call(still, name), "52998224725")
        line.key(WRONG)
        later(still, minutes=5)
    assert alarms(still) == [PROBED]


def test_failures_of_yesterday_are_no_probing_of_today(still: Desk) -> None:
    for name in "ab":
        try_pin(still, name, "ana", 1)
    later(still, hours=24, seconds=1)
    try_pin(still, "c", "ana", 1)
    assert alarms(still) == []


def test_no_more_codes_than_the_day_may_cost_and_one_alarm(quick: Path) -> None:
    desk = still_desk(quick, limits=replace(Limits(), all_sends=2))
    for who in ("ana", "bento", "clara", "lia"):
        to_code(call(desk, who), who)
    assert len([body for _, body in desk.sms.sent if "codigo" in body]) == 2
    assert alarms(desk) == [CAPPED]
