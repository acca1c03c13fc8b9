"""One-time codes: whose they are, how long they live, how often they are sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, people
from twiml_grammar import check_twiml
from web.phone_line import (
    PhoneLine,
    Post,
    call,
    identify,
    later,
    prove,
    sql,
    to_code,
)

from ivr.flow.requests import CheckCode, Checked
from ivr.service.requests.proofs import check_code
from ivr.service.requests.registry import TurnContext
from ivr.service.session import Person, Session

pytestmark = pytest.mark.on_both_stores


def ana() -> Any:
    return people()["ana"]


def reaches_a_person(line: PhoneLine) -> bool:
    return line.hears("priority.ask") and line.hears("verify.failed")


def test_three_wrong_codes_lead_to_a_person_and_the_right_one_is_too_late(still: Desk) -> None:
    line = to_code(call(still))
    code = still.sms.code()
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(3):
        line.key(wrong)
    assert reaches_a_person(line)
    with still.rt.store.begin(write=False) as tx:
        row = tx.proofs.code(line.sid)
    assert row is not None
    assert (row.tries, row.used_at) == (3, None)


def test_fifty_guesses_of_a_code_at_once_are_three_at_most(still: Desk) -> None:
    line = to_code(call(still))
    code = still.sms.code()
    guesses = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 50)] + [code]

    def guess(digits: str) -> bytes:
        answer = Post(path=f"/voice/turn?n={line.turn}", fields=line.fields(Digits=digits)).send(
            still
        )
        assert answer.status_code == 200
        assert check_twiml(answer.text) == []
        return answer.data

    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(guess, guesses))
    with still.rt.store.begin(write=False) as tx:
        row = tx.proofs.code(line.sid)
    assert row is not None
    assert row.tries <= 3
    assert still.kinds(line.sid).count("proof.passed") <= 2
    assert len({reply for reply in replies if b"<Pause" not in reply}) == 1
    assert still.rows("proof_attempts") == 2


def test_a_code_of_another_call_is_refused(still: Desk) -> None:
    first = to_code(call(still, "first"))
    code = still.sms.code()
    later(still, seconds=61)
    second = to_code(call(still, "second"))
    newer = still.sms.code()
    assert code != newer
    second.key(code)
    assert second.hears("verify.wrong")
    second.key(newer)
    assert second.hears("service.ask")
    first.key(newer)
    assert first.hears("verify.wrong")
    first.key(code)
    assert first.hears("service.ask")


@pytest.mark.parametrize("person", ["the same", "another"])
def test_the_code_of_a_call_holds_for_the_account_it_was_made_for(still: Desk, person: str) -> None:
    """Below the flow: the handler alone refuses another account, and a second use."""
    line = to_code(call(still))
    view_turn = line.turn
    with still.rt.store.begin(write=False) as tx:
        view = tx.calls.view(line.sid, view_turn)
    assert view is not None
    session = Session.from_dict(view.call.state)
    if person == "another":
        bento = Person(key=still.rt.keyed_hash("cpf", people()["bento"]["cpf"]))
        session = replace(session, person=bento)

    def passes(turn: int) -> bool:
        context = TurnContext(call=view.call, turn=turn, session=session, effects=[])
        answer = check_code(still.rt, context, CheckCode(secret=still.sms.code()))
        assert isinstance(answer, Checked)
        return answer.passed

    assert passes(view_turn) is (person == "the same")
    assert passes(view_turn + 1) is False


def test_a_code_of_another_account_is_refused(still: Desk) -> None:
    to_code(call(still, "ana"), "ana")
    code = still.sms.code()
    bento = to_code(call(still, "bento"), "bento")
    bento.key(code)
    assert bento.hears("verify.wrong")


@pytest.mark.parametrize(("seconds", "passes"), [(599, True), (600, False), (601, False)])
def test_a_code_lives_ten_minutes(still: Desk, seconds: int, passes: bool) -> None:
    line = to_code(call(still))
    later(still, seconds=seconds)
    line.key(still.sms.code())
    assert (line.hears("service.ask")) is passes
    assert (line.hears("verify.wrong")) is not passes


def test_a_clock_that_jumps_back_does_not_revive_a_used_code(still: Desk) -> None:
    line = prove(call(still))
    with still.rt.store.begin(write=False) as tx:
        row = tx.proofs.code(line.sid)
    assert row is not None
    assert row.used_at is not None
    assert row.salt in (b"", None), "the salt is gone, so the code cannot be made again"
    later(still, hours=-1)
    with still.rt.store.begin() as tx:
        assert not tx.proofs.use_code(row.id, at=still.clock.at)


def test_three_codes_a_day_and_a_minute_between_two(still: Desk) -> None:
    def sent(name: str) -> bool:
        line = identify(call(still, name), ana()["cpf"])
        line.key(ana()["pin"])
        still.work()
        return line.hears("verify.code")

    assert sent("first")
    later(still, seconds=59)
    assert not sent("too soon")
    later(still, seconds=1)
    assert sent("second")
    later(still, minutes=5)
    assert sent("third")
    later(still, minutes=5)
    assert not sent("fourth")
    assert sum("codigo" in body for _, body in still.sms.sent) == 3
    later(still, hours=24)
    assert sent("next day")


@pytest.mark.parametrize("mobile", ["+14155552671", "+556733183600", "+5590099999999"])
def test_no_message_goes_to_a_number_that_is_no_brazilian_mobile(still: Desk, mobile: str) -> None:
    sql(still, f"UPDATE demo_account SET mobile = '{mobile}' WHERE mobile = '{ana()['mobile']}'")
    line = to_code(call(still))
    line.key("123456")
    still.work()
    assert still.sms.sent == []
    assert "person.verified" not in still.kinds(line.sid)
