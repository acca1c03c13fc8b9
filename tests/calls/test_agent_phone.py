"""One telephone of a person, before the queue (IVR_AGENT_NUMBER)."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import DESK, Desk, make_desk

from ivr.carrier.call import Call
from ivr.carrier.dialplan import Behaviour, Numbers, answers, busy, fails
from ivr.carrier.events import Dialled, Enqueued, GatherStarted, HungUp
from ivr.carrier.exchange import Exchange

AGENT = "+556733180001"


@pytest.fixture
def desk_with_agent(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, changes={"IVR_AGENT_NUMBER": AGENT})


def ask_for_a_person(desk: Desk, behaviour: Behaviour) -> Call:
    async def scenario(exchange: Exchange) -> Call:
        exchange.dial_plan = Numbers({AGENT: behaviour})
        call = exchange.call(from_="+5567999990098", to=DESK)
        line = call.handset.listen()
        await line.until(GatherStarted)
        call.handset.press("0")
        dialled = await line.until(Dialled)
        assert dialled.to == AGENT
        if behaviour is ANSWERS:
            await line.until(GatherStarted)
            call.handset.press("5")
            await line.until(HungUp)
        else:
            await line.until(Enqueued)
            call.handset.hang_up()
        await call.finished()
        return call

    return desk.run(scenario)


ANSWERS = answers(after=4, talks=90)


def test_person_who_answers_is_on_the_ticket_and_is_rated(desk_with_agent: Desk) -> None:
    call = ask_for_a_person(desk_with_agent, ANSWERS)
    ticket = desk_with_agent.ticket(call.sid)
    assert (ticket.outcome, ticket.rating) == ("attended_by_person", 5)
    assert ticket.status == "open"
    assert "agent.dialled" in desk_with_agent.kinds(call.sid)


@pytest.mark.parametrize("behaviour", [busy(), fails()], ids=["busy", "fails"])
def test_telephone_that_does_not_answer_leads_to_the_queue(
    desk_with_agent: Desk, behaviour: Behaviour
) -> None:
    call = ask_for_a_person(desk_with_agent, behaviour)
    assert desk_with_agent.ticket(call.sid).outcome == "wants_person"
    assert "queue.entered" in desk_with_agent.kinds(call.sid)
