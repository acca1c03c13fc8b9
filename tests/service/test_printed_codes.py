"""The code from the owner's paper as a proof in a call."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, people
from web.phone_line import (
    PhoneLine,
    call,
    contents,
    counts,
    identify,
    later,
    quick_folder,
    sql,
    still_desk,
    words,
)

from ivr.domain.assurance import AssurancePolicy, Factor
from ivr.flow.requests import Answer, Checked, CheckPrintedCode
from ivr.ports.owner import PrintedCode
from ivr.service.requests import proofs
from ivr.service.requests.registry import HANDLERS, TurnContext
from ivr.service.runtime import Runtime

CODES = ("10293847", "56473829", "90817263")
WRONG = "00000001"
STATES = ("ana", "iara", "clara", "davi", "elisa", "fabio", "gilda", "hugo")
"""Known, unknown, locked, disabled, privileged, no mobile, new mobile, no PIN."""


def account_of(desk: Desk, who: str) -> str:
    return desk.rt.keyed_hash("cpf", people()[who]["cpf"])


def give_paper(desk: Desk, who: str, codes: tuple[str, ...] = CODES) -> None:
    hasher: Any = desk.rt.verify_pin
    rows = [
        PrintedCode(number=number, code_hash=hasher.hash(code))
        for number, code in enumerate(codes, start=1)
    ]
    with desk.rt.store.begin() as tx:
        tx.owner.put_codes(account_of(desk, who), rows, at=tx.now())


def left(desk: Desk, who: str) -> int:
    with desk.rt.store.begin(write=False) as tx:
        return tx.owner.codes_left(account_of(desk, who))


def to_paper(desk: Desk, who: str, name: str = "one") -> PhoneLine:
    """PIN passed, at the question for the code from paper."""
    line = identify(call(desk, name), people()[who]["cpf"])
    line.key(people()[who]["pin"])
    desk.work()
    return line


def new_mobile(desk: Desk) -> None:
    sql(
        desk,
        "UPDATE demo_account SET mobile_changed_at = '2026-11-24 14:00:00.000000'"
        " WHERE uid = 'gilda'",
    )


def with_policy(desk: Desk, **changes: Any) -> None:
    """Other proofs for servants."""
    group = desk.rt.policy.groups["servidores"].model_copy(update=changes)
    groups = {**desk.rt.policy.groups, "servidores": group}
    policy: AssurancePolicy = desk.rt.policy.model_copy(update={"groups": groups})
    desk.rt = replace(desk.rt, policy=policy)
    desk.app.extensions["ivr"] = desk.rt


@pytest.mark.parametrize("who", ["fabio", "gilda"])
def test_whose_mobile_proves_nothing_is_asked_for_the_paper_and_hears_the_password(
    still: Desk, who: str
) -> None:
    new_mobile(still)
    give_paper(still, who)
    line = to_paper(still, who)
    assert line.hears("verify.printed")
    line.key(CODES[0])
    assert line.hears("service.ask")
    assert left(still, who) == 2
    for key in ("1", "1", "1"):
        line.key(key)
    assert line.hears("reset.no_link")
    still.work()
    line.go_on()
    assert b"/audio/secret/" in line.heard[-1]
    assert not any("/senha/" in body for _, body in still.sms.sent)
    assert still.rows("demo_change") == 1


def test_a_spoken_password_that_was_cut_off_sends_no_link_to_a_new_mobile(still: Desk) -> None:
    new_mobile(still)
    give_paper(still, "gilda")
    line = to_paper(still, "gilda")
    line.key(CODES[0])
    for key in ("1", "1", "2"):
        line.key(key)
    line.hang_up()
    still.work()
    for _ in range(6):
        later(still, minutes=5)
        still.work()
    assert not any("/senha/" in body for _, body in still.sms.sent)
    assert still.ticket(line.sid).status == "open"


def test_who_has_no_paper_is_sent_to_a_person_after_three_tries(still: Desk) -> None:
    line = to_paper(still, "fabio")
    for _ in range(3):
        assert line.hears("verify.printed")
        line.key(CODES[0])
    assert line.hears("verify.failed")
    assert still.ticket(line.sid).node.startswith("person.")


def test_whose_mobile_is_good_is_not_asked_for_the_paper(still: Desk) -> None:
    give_paper(still, "ana")
    line = to_paper(still, "ana")
    assert line.hears("verify.code")
    line.key(CODES[0][:6])
    assert line.hears("verify.wrong")
    assert left(still, "ana") == 3


def test_without_the_stand_in_a_new_mobile_is_never_enough(still: Desk) -> None:
    """The control: what the policy does not list is not asked for."""
    with_policy(still, instead={})
    give_paper(still, "fabio")
    line = to_paper(still, "fabio")
    assert line.hears("verify.failed")


def test_a_code_is_used_up_and_the_next_one_is_asked_for(still: Desk) -> None:
    give_paper(still, "fabio")
    to_paper(still, "fabio", "first").key(CODES[0])
    second = to_paper(still, "fabio", "second")
    second.key(CODES[0])
    assert second.hears("verify.wrong")
    second.key(CODES[1])
    assert second.hears("service.ask")
    assert left(still, "fabio") == 1


def test_a_later_code_of_the_paper_is_not_taken_in_the_place_of_the_next(still: Desk) -> None:
    give_paper(still, "fabio")
    line = to_paper(still, "fabio")
    line.key(CODES[2])
    assert line.hears("verify.wrong")
    assert left(still, "fabio") == 3


def test_a_new_paper_kills_the_old_one(still: Desk) -> None:
    give_paper(still, "fabio")
    line = to_paper(still, "fabio")
    give_paper(still, "fabio", ("11223344", "55667788"))
    line.key(CODES[0])
    assert line.hears("verify.wrong")
    assert left(still, "fabio") == 2


def test_a_paper_that_changes_while_the_code_is_compared_loses_no_new_code(still: Desk) -> None:
    give_paper(still, "fabio")
    line = to_paper(still, "fabio")
    honest = still.rt.verify_pin

    def slow(code_hash: str | None, secret: str, /) -> bool:
        result = honest(code_hash, secret)
        give_paper_by(honest, still)
        return result

    still.rt = replace(still.rt, verify_pin=slow)
    still.app.extensions["ivr"] = still.rt
    line.key(CODES[0])
    assert line.hears("verify.wrong")
    assert left(still, "fabio") == 2


def give_paper_by(hasher: Any, desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        rows = [
            PrintedCode(number=n, code_hash=hasher.hash(c)) for n, c in ((1, "1" * 8), (2, "2"))
        ]
        tx.owner.put_codes(account_of(desk, "fabio"), rows, at=tx.now())


def race(desk: Desk, calls: int = 8) -> int:
    """How many of some calls pass with the same code at once."""
    give_paper(desk, "fabio", CODES[:1])
    lines = [to_paper(desk, "fabio", f"call {n}") for n in range(calls)]

    def give(line: PhoneLine) -> bool:
        line.key(CODES[0])
        return line.hears("service.ask")

    with ThreadPoolExecutor(calls) as pool:
        return sum(pool.map(give, lines))


@pytest.mark.on_both_stores
def test_one_code_in_eight_calls_at_once_passes_in_one(still: Desk) -> None:
    assert race(still, calls=5) == 1
    assert left(still, "fabio") == 0


def careless(rt: Runtime, context: TurnContext, request: CheckPrintedCode) -> Answer:
    """Compares, and uses the code up without looking whether another call did."""
    with rt.store.begin() as tx:
        proofs._reserve(rt, tx, context, "printed_code")
        code = tx.owner.next_code(context.person.key)
    passed = rt.verify_pin(code.code_hash if code else None, request.secret)
    with rt.store.begin() as tx:
        if code is not None:
            tx.owner.use_code(context.person.key, code.number, at=tx.now())
        tx.proofs.settle(call_sid=context.call.sid, turn=context.turn, passed=passed)
    return Checked(passed=passed)


def test_a_check_that_does_not_look_again_would_pass_it_twice(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control for the race, with the comparisons made to overlap."""
    import threading

    together = threading.Barrier(2)
    honest = still.rt.verify_pin
    monkeypatch.setitem(HANDLERS, CheckPrintedCode, careless)
    give_paper(still, "fabio", CODES[:1])
    lines = [to_paper(still, "fabio", f"call {n}") for n in range(2)]

    def slow(code_hash: str | None, secret: str, /) -> bool:
        together.wait(timeout=10)
        return honest(code_hash, secret)

    still.rt = replace(still.rt, verify_pin=slow)
    still.app.extensions["ivr"] = still.rt
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda line: line.key(CODES[0]), lines))
    assert sum(line.hears("service.ask") for line in lines) == 2


def test_a_wrong_code_is_a_failure_of_the_account(still: Desk) -> None:
    give_paper(still, "fabio")
    line = to_paper(still, "fabio", "first")
    for _ in range(3):
        line.key(WRONG)
    again = to_paper(still, "fabio", "second")
    for _ in range(2):
        again.key(WRONG)
    assert again.hears("verify.wrong")
    again.key(CODES[0])
    assert again.hears("verify.failed"), "five failures in a day close self-service"
    assert left(still, "fabio") == 3


def test_a_request_that_comes_twice_uses_one_code(still: Desk) -> None:
    give_paper(still, "fabio")
    line = to_paper(still, "fabio")
    first = line.key(CODES[0])
    assert line.sent[-1].send(still).data == first
    assert left(still, "fabio") == 2


@contextmanager
def paper_first(otherwise: Path) -> Iterator[Desk]:
    """A desk whose policy asks everybody for the paper first."""
    with quick_folder(otherwise) as folder:
        desk = still_desk(folder)
        new_mobile(desk)
        for who in ("ana", "elisa", "gilda"):
            give_paper(desk, who, CODES if who == "ana" else CODES[1:])
        with_policy(desk, factors=(Factor.PRINTED_CODE, Factor.PIN), instead={})
        with desk.rt.store.begin() as tx:
            tx.owner.use_code(account_of(desk, "ana"), 1, at=tx.now())
        yield desk


def three_wrong(otherwise: Path, who: str) -> tuple[Any, ...]:
    """What a call sounds like and writes, with three wrong codes."""
    with paper_first(otherwise) as desk:
        asked: list[bool] = []
        honest = desk.rt.verify_pin

        def counted(code_hash: str | None, secret: str, /) -> bool:
            asked.append(True)
            return honest(code_hash, secret)

        desk.rt = replace(desk.rt, verify_pin=counted)
        desk.app.extensions["ivr"] = desk.rt
        line = identify(call(desk), people()[who]["cpf"])
        for _ in range(3):
            assert line.hears("verify.printed")
            line.key(WRONG)
        desk.work()
        spoken = [words(document) for document in line.heard[3:]]
        tries = [(row[1], row[2], row[-1]) for row in contents(desk)["proof_attempts"]]
        rows = counts(desk, without=("pins", "demo_account"))
        kinds = desk.kinds(line.sid)
        return spoken, tries, rows, kinds, len(asked)


def test_with_wrong_codes_every_account_sounds_writes_and_works_like_no_account(
    tmp_path: Path,
) -> None:
    found = {who: three_wrong(tmp_path, who) for who in STATES}
    assert [who for who in STATES if found[who] != found["iara"]] == []
    assert found["iara"][-1] == 3, "the decoy hash was computed for each try"


def leaks(rt: Runtime, context: TurnContext, request: CheckPrintedCode) -> Answer:
    """Spares itself the slow hash where there is no paper."""
    with rt.store.begin(write=False) as tx:
        missing = tx.owner.next_code(context.person.key) is None
    if missing:
        with rt.store.begin() as tx:
            proofs._reserve(rt, tx, context, "printed_code")
            tx.proofs.settle(call_sid=context.call.sid, turn=context.turn, passed=False)
        return Checked(passed=False)
    return proofs.check_printed_code(rt, context, request)


def test_a_check_that_spares_the_decoy_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HANDLERS, CheckPrintedCode, leaks)
    found = {who: three_wrong(tmp_path, who) for who in ("ana", "iara", "fabio")}
    assert found["ana"] != found["iara"]
    assert found["fabio"] == found["iara"]
