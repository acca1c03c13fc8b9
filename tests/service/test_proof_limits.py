"""How often a proof may be tried: in a call, on an account, by everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import NIGHT, Desk, people
from web.phone_line import (
    PhoneLine,
    Post,
    call,
    identify,
    later,
    prove,
    same_database,
    sid_of,
    speaks,
    sql,
    still_desk,
)

from ivr.adapters.directory.demo import DemoDirectory
from ivr.domain.limits import Limits

pytestmark = pytest.mark.on_both_stores

WRONG = "00000001"
NOBODY = people()["iara"]["cpf"]


class CountingPins:
    """The real verifier of PINs, and how often it was asked about a real hash."""

    def __init__(self, desk: Desk) -> None:
        self.inner = desk.rt.verify_pin
        self.asked = 0
        desk.rt = replace(desk.rt, verify_pin=self)
        desk.app.extensions["ivr"] = desk.rt

    def __call__(self, pin_hash: str | None, secret: str, /) -> bool:
        self.asked += 1
        return self.inner(pin_hash, secret)


def ana() -> Any:
    return people()["ana"]


def fail(desk: Desk, name: str, *, number: str = "", tries: int = 3) -> PhoneLine:
    line = identify(call(desk, name), number or ana()["cpf"])
    for _ in range(tries):
        if not line.hears("priority.ask"):
            line.key(WRONG)
    return line


def reaches_a_person(line: PhoneLine) -> bool:
    return line.hears("priority.ask") and line.hears("verify.failed")


def test_three_wrong_pins_lead_to_a_person_and_a_fourth_is_never_compared(still: Desk) -> None:
    pins = CountingPins(still)
    line = fail(still, "one")
    assert reaches_a_person(line)
    assert pins.asked == 3
    line.hang_up()
    assert (still.ticket(line.sid).outcome, still.ticket(line.sid).status) == (
        "failed_proof",
        "open",
    )


def test_the_way_back_to_the_menu_at_night_gives_no_fourth_try(still: Desk) -> None:
    still.clock.at = NIGHT
    line = fail(still, "one")
    assert line.hears("hours.night")
    line.key("2")
    line.key("1")
    assert line.hears("verify.pin")
    line.key(ana()["pin"])
    assert line.hears("verify.failed")
    assert still.rows("proof_codes") == 0


def test_the_third_try_still_counts_when_it_is_right(still: Desk) -> None:
    line = fail(still, "one", tries=2)
    line.key(ana()["pin"])
    assert line.hears("verify.code")


def test_five_failures_in_a_day_close_the_account_for_proofs_across_calls_and_restarts(
    still: Desk,
) -> None:
    fail(still, "first", tries=3).hang_up()
    later(still, hours=1)
    second = same_database(still)
    fail(second, "second", tries=2).hang_up()
    later(still, hours=1)
    third = same_database(still)
    line = identify(call(third, "third"), ana()["cpf"])
    line.key(ana()["pin"])
    assert reaches_a_person(line), "the right PIN does not help any more"
    assert third.rows("proof_codes") == 0


def test_a_day_after_the_failures_the_account_is_free_again(still: Desk) -> None:
    fail(still, "first").hang_up()
    fail(still, "second", tries=2).hang_up()
    later(still, hours=23, minutes=59)
    closed = identify(call(still, "closed"), ana()["cpf"])
    closed.key(ana()["pin"])
    assert reaches_a_person(closed)
    sql(still, "DELETE FROM proof_attempts WHERE call_sid = '" + closed.sid + "'")
    later(still, minutes=2)
    free = identify(call(still, "free"), ana()["cpf"])
    free.key(ana()["pin"])
    assert free.hears("verify.code")


def test_the_matricula_of_the_same_person_shares_the_count(still: Desk) -> None:
    fail(still, "first").hang_up()
    fail(still, "second", tries=2).hang_up()
    line = call(still, "third")
    line.key("1")
    line.key(ana()["matricula"], FinishedOnKey="#")
    line.key("1")
    line.key(ana()["pin"])
    assert reaches_a_person(line)


def test_without_the_account_limit_the_right_pin_would_pass_after_five_failures(
    quick: Path,
) -> None:
    """The control: the limit is what stops the calls above."""
    desk = still_desk(quick, limits=Limits(account_failures=1_000))
    fail(desk, "first").hang_up()
    fail(desk, "second", tries=2).hang_up()
    line = identify(call(desk, "third"), ana()["cpf"])
    line.key(ana()["pin"])
    assert line.hears("verify.code")


def test_an_unknown_number_is_counted_and_closed_like_a_known_one(quick: Path) -> None:
    still = still_desk(quick, limits=Limits(caller_failures=1_000))
    known = [fail(still, f"known {n}").heard[4:] for n in range(3)]
    unknown = [fail(still, f"unknown {n}", number=NOBODY).heard[4:] for n in range(3)]
    assert known == unknown
    assert still.rows("proof_attempts") == 14, "3 + 3 + the one that met the limit, twice"
    with still.rt.store.begin(write=False) as tx:
        account = still.rt.keyed_hash("cpf", NOBODY)
        assert tx.proofs.failures(account=account, since=still.clock.at.replace(year=2020)) == 7


def test_an_attack_never_locks_the_account_in_the_directory(still: Desk) -> None:
    for number in range(4):
        fail(still, f"attack {number}").hang_up()
    directory = still.rt.directories[still.rt.identity]
    assert isinstance(directory, DemoDirectory)
    assert directory.authenticate("ana", ana()["password"])
    account = directory.get("ana")
    assert account is not None
    assert not account.locked
    victim = call(still, "victim")
    victim.key("0")
    victim.go_on()
    assert b"<Enqueue" in victim.heard[-1]


def test_fifty_calls_that_guess_the_pin_of_one_account_at_once_compare_five(still: Desk) -> None:
    lines = [identify(call(still, f"guess {n}"), ana()["cpf"]) for n in range(50)]

    def guess(number: int) -> PhoneLine:
        lines[number].key(f"{number:08d}")
        return lines[number]

    with ThreadPoolExecutor(50) as pool:
        heard = list(pool.map(guess, range(50)))
    tried = sum(line.hears("verify.wrong") for line in heard)
    stopped = sum(line.hears("verify.failed") for line in heard)
    assert (tried, stopped) == (5, 45)


def test_a_turn_that_is_being_worked_on_is_not_worked_on_again(still: Desk) -> None:
    """The same request comes again while its PIN is being compared."""
    line = identify(call(still), ana()["cpf"])
    request = Post(path=f"/voice/turn?n={line.turn}", fields=line.fields(Digits=ana()["pin"]))
    meanwhile: list[bytes] = []

    class SlowPins(CountingPins):
        def __call__(self, pin_hash: str | None, secret: str, /) -> bool:
            if not meanwhile:
                meanwhile.append(b"")
                meanwhile[0] = request.send(still).data
            return super().__call__(pin_hash, secret)

    pins = SlowPins(still)
    answer = request.send(still).data
    assert speaks(still, answer, "verify.code")
    assert b"<Pause" in meanwhile[0]
    assert pins.asked == 1
    assert request.send(still).data == answer


def test_a_claim_of_a_process_that_died_is_taken_over(still: Desk) -> None:
    line = identify(call(still), ana()["cpf"])
    with still.rt.store.begin() as tx:
        now = tx.now()
        assert tx.calls.claim(line.sid, line.turn, now=now, stale_before=now)
    turn = line.turn
    assert b"<Pause" in line.key(ana()["pin"])
    later(still, seconds=13)
    line.send(f"/voice/turn?n={turn}", Digits=ana()["pin"])
    assert line.hears("verify.code")


def test_fifty_failures_of_everybody_pause_self_service_but_not_the_calls(still: Desk) -> None:
    sql(
        still,
        "INSERT INTO proof_attempts (call_sid, turn, factor, account, caller, at, passed)"
        " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49)"
        " SELECT 'CA' || i, 1, 'pin', 'account ' || i, '', '2026-11-25 13:55:00.000000', false"
        " FROM n",
    )
    pins = CountingPins(still)
    last = fail(still, "last one that counts", tries=1)
    assert last.hears("verify.wrong")
    paused = identify(call(still, "paused"), people()["bento"]["cpf"])
    paused.key(people()["bento"]["pin"])
    assert reaches_a_person(paused)
    assert still.rows("proof_codes") == 0
    other = call(still, "other")
    assert other.hears("main.menu")
    other.key("0")
    other.go_on()
    assert b"<Enqueue" in other.heard[-1]
    later(still, minutes=11)
    again = identify(call(still, "again"), people()["bento"]["cpf"])
    again.key(people()["bento"]["pin"])
    assert again.hears("verify.code")
    assert pins.asked == 3


def test_a_pause_stops_a_reset_that_was_about_to_be_ordered(still: Desk) -> None:
    line = prove(call(still))
    sql(
        still,
        "INSERT INTO proof_attempts (call_sid, turn, factor, account, caller, at, passed)"
        " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
        " SELECT 'CA' || i, 1, 'pin', 'account ' || i, '', '2026-11-25 13:59:00.000000', false"
        " FROM n",
    )
    for key in ("1", "1", "1"):
        line.key(key)
    assert line.hears("priority.ask")
    assert still.rows("resets") == 0


def test_one_reset_a_day_and_three_a_month(still: Desk) -> None:
    def reset(name: str) -> bool:
        line = prove(call(still, name))
        for key in ("1", "1", "1"):
            line.key(key)
        still.work()
        line.go_on()
        done = line.hears("reset.link_sent")
        line.hang_up()
        return done

    assert reset("first")
    later(still, hours=23, minutes=59)
    assert not reset("too soon")
    later(still, minutes=2)
    assert reset("second")
    later(still, days=1, minutes=1)
    assert reset("third")
    later(still, days=1, minutes=1)
    assert not reset("fourth of the month")
    later(still, days=27)
    assert reset("next month")


def test_speech_is_never_taken_for_a_pin(still: Desk) -> None:
    pins = CountingPins(still)
    line = identify(call(still), ana()["cpf"])
    line.send(f"/voice/turn?n={line.turn}", SpeechResult="oito zero dois meia quatro nove um sete")
    assert pins.asked == 0
    assert still.rows("proof_attempts") == 0
    assert line.sid == sid_of("one")
