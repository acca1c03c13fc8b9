"""One caller number tries the PINs of many people: from the tenth failure on nothing that comes
from it is evaluated for an hour, and a person stays within reach."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import DESK, OPEN, Desk, make_desk, people

from ivr.carrier.call import Call
from ivr.carrier.events import GatherStarted
from ivr.carrier.exchange import Exchange

NUMBER = "+5567999990098"
VICTIMS = ("ana", "bento", "clara", "joca", "lia")


class CountingVerifier:
    """Says no to every PIN but one, and counts."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def __call__(self, pin_hash: str | None, secret: str, /) -> bool:
        right = secret == "11223344"
        self.asked.append(right)
        return right


def spray(desk: Desk, *, caller: str, pin: str, who: str, tries: int) -> Call:
    async def scenario(exchange: Exchange) -> Call:
        call = exchange.call(from_=caller, to=DESK)
        line = call.handset.listen()
        for keys in ("1", people()[who]["cpf"], "1", *([pin + "#"] * tries)):
            await line.until(GatherStarted)
            call.handset.press(keys)
        await line.until(GatherStarted)
        call.handset.hang_up()
        await call.finished()
        return call

    return desk.run(scenario, at=OPEN)


@pytest.mark.parametrize("caller", [NUMBER, "anonymous"])
def test_tenth_failure_of_a_number_closes_its_self_service(tmp_path: Path, caller: str) -> None:
    desk = make_desk(tmp_path, verify_pin=CountingVerifier())
    for who in VICTIMS:
        spray(desk, caller=caller, pin="99999999", who=who, tries=2)
    last = spray(desk, caller=caller, pin="11223344", who="mauro", tries=1)
    passed = "proof.passed" in desk.kinds(last.sid)
    assert passed is (caller == "anonymous"), "a withheld number has no counter of its own"
    other = spray(desk, caller="+5567999990097", pin="11223344", who="hugo", tries=1)
    assert "proof.passed" in desk.kinds(other.sid), "another number is not touched"
