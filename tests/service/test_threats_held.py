"""Controls: with a protection taken away, the tests of docs/threats.md would see the attack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from desk import NIGHT, Desk, people
from service.test_message_texts import order
from web.phone_line import (
    PhoneLine,
    Post,
    call,
    identify,
    later,
    prove,
    sql,
    still_desk,
)

from ivr.domain.limits import Limits

WRONG = "00000001"
ANA = people()["ana"]


def with_limits(folder: Path, **changed: int) -> Desk:
    return still_desk(folder, limits=replace(Limits(), **changed))


def failed_elsewhere(desk: Desk, count: int) -> None:
    """Failures of other people and calls, some minutes ago."""
    sql(
        desk,
        "INSERT INTO proof_attempts (call_sid, turn, factor, account, caller, at, passed)"
        f" WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        " SELECT 'CA' || i, 1, 'pin', 'account ' || i, '', '2026-11-25 13:55:00.000000', false"
        " FROM n",
    )


@pytest.mark.parametrize(("tries", "compared"), [(3, False), (1_000, True)])
def test_without_the_limit_of_a_call_the_way_back_would_give_a_fourth_try(
    quick: Path, tries: int, compared: bool
) -> None:
    desk = with_limits(quick, tries_per_call=tries)
    desk.clock.at = NIGHT
    line = identify(call(desk), ANA["cpf"])
    for key in (WRONG, WRONG, WRONG, "2", "1", ANA["pin"]):
        line.key(key)
    assert line.hears("verify.code") is compared


@pytest.mark.parametrize(("budget", "proves"), [(50, False), (1_000, True)])
def test_without_the_budget_of_everybody_a_spray_would_go_on(
    quick: Path, budget: int, proves: bool
) -> None:
    desk = with_limits(quick, global_failures=budget)
    failed_elsewhere(desk, 50)
    line = identify(call(desk), ANA["cpf"])
    line.key(ANA["pin"])
    assert line.hears("verify.code") is proves


@pytest.mark.parametrize(("sends", "messages"), [(3, 3), (1_000, 6)])
def test_without_the_limit_of_sends_every_call_would_cost_a_message(
    quick: Path, sends: int, messages: int
) -> None:
    desk = with_limits(quick, account_sends=sends, destination_sends=1_000)
    for number in range(6):
        line = identify(call(desk, str(number)), ANA["cpf"])
        line.key(ANA["pin"])
        desk.work()
        later(desk, minutes=5)
    assert len(desk.sms.sent) == messages


@pytest.mark.parametrize(("resets", "ordered"), [(1, 1), (1_000, 2)])
def test_without_the_limit_of_resets_a_second_one_would_follow_at_once(
    quick: Path, resets: int, ordered: int
) -> None:
    desk = with_limits(quick, resets_per_day=resets)
    for name in ("one", "two"):
        line = prove(call(desk, name))
        for key in ("1", "1", "1"):
            line.key(key)
        desk.work()
        later(desk, minutes=5)
    assert desk.rows("resets") == ordered


@pytest.mark.parametrize("claimed", [True, False])
def test_without_the_claim_of_a_turn_two_requests_would_compare_the_pin(
    still: Desk, monkeypatch: pytest.MonkeyPatch, claimed: bool
) -> None:
    """The second request comes while the first compares."""
    line = identify(call(still), ANA["cpf"])
    request = Post(path=f"/voice/turn?n={line.turn}", fields=line.fields(Digits=ANA["pin"]))
    compare, compared = still.rt.verify_pin, []

    def slow(pin_hash: str | None, secret: str, /) -> bool:
        compared.append(secret)
        if len(compared) == 1:
            request.send(still)
        return compare(pin_hash, secret)

    still.rt = replace(still.rt, verify_pin=slow)
    still.app.extensions["ivr"] = still.rt
    if not claimed:
        monkeypatch.setattr("ivr.service.turns._claim", lambda *_: None)
    assert request.send(still).status_code == 200
    assert len(compared) == (1 if claimed else 2)


def test_the_ticket_of_a_call_that_lost_an_event_differs(still: Desk) -> None:
    """What is compared over all orders of six events is not the same whatever comes."""

    def node(name: str, keys: tuple[str, ...]) -> str:
        line: PhoneLine = call(still, name)
        for key in keys:
            line.key(key)
        line.hang_up()
        return still.ticket(line.sid).node

    nodes = [node(str(n), ("1", ANA["cpf"], "1")[:n]) for n in range(4)]
    assert nodes == ["main.menu", "identify.who", "identify.who", "identify.proof"]


@pytest.mark.parametrize(
    ("kind", "more", "warns"),
    [
        ("sms.code", {}, True),
        ("sms.link", {}, False),
        ("sms.notice", {"event": "password_reset"}, False),
    ],
)
def test_the_warning_of_a_false_desk_stands_in_the_code_and_in_no_other_message(
    still: Desk, kind: str, more: dict[str, str], warns: bool
) -> None:
    text = order(still, kind, **more)
    assert ("Nunca pedimos este codigo em outra ligacao" in text) is warns
