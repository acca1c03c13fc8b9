"""What the desk makes of callers in the queue: rank, place, wait, the end of the wait."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import DESK, OPEN, Desk, make_desk

from ivr.carrier.call import Call
from ivr.carrier.dialplan import Numbers, answers
from ivr.carrier.events import Enqueued, GatherStarted
from ivr.carrier.exchange import Exchange
from ivr.flow.events import DialEnded, LeftQueue
from ivr.ports.staff import StaffRow
from ivr.ports.store import QueueRow
from ivr.service.desk import offers
from ivr.service.desk.ledger import check_ledger, lines
from ivr.service.desk.presence import go_available
from ivr.service.desk.queue_turns import left_queue
from ivr.service.desk.router import route_now
from ivr.service.waiting import wait

AGENT = "+556733180001"


def put_agent(desk: Desk, agent: str = "ana", *skills: str) -> None:
    with desk.rt.store.begin() as tx:
        tx.staff.add(
            StaffRow(
                id=agent,
                login=f"{agent}.teste",
                name=agent.title(),
                skills=skills or ("atendimento",),
                created_at=OPEN,
            )
        )
    go_available(desk.rt, agent)


async def into_queue(exchange: Exchange, *, priority: str = "") -> Call:
    call = exchange.call(from_="+5567999990098", to=DESK)
    line = call.handset.listen()
    await line.until(GatherStarted)
    call.handset.press("0")
    await line.until(GatherStarted)
    if priority:
        call.handset.press(priority)
    await line.until(Enqueued)
    return call


def test_declared_right_goes_first_and_is_in_journal_and_ledger(desk: Desk) -> None:
    async def scenario(exchange: Exchange) -> None:
        first = await into_queue(exchange)
        second = await into_queue(exchange, priority="1")
        put_agent(desk)
        assert route_now(desk.rt) == 1
        with desk.rt.store.begin(write=False) as tx:
            assert [o.call_sid for o in tx.desk.open_offers()] == [second.sid]
            assert tx.queues.position(first.sid) == 2
        assert "priority.declared" in desk.kinds(second.sid)
        assert "priority.declared" not in desk.kinds(first.sid)
        entered = {
            x.call_sid: x.data["priority_kind"] for x in lines(desk.rt) if x.kind == "queue.entered"
        }
        assert entered == {first.sid: "", second.sid: "idoso"}
        first.handset.hang_up()
        second.handset.hang_up()
        await first.finished()
        await second.finished()

    desk.run(scenario)
    assert check_ledger(desk.rt)[1] is None
    with desk.rt.store.begin(write=False) as tx:
        assert tx.desk.open_offers() == []
        row = tx.desk.presence("ana")
    assert row is not None and row.state == "available"


def test_place_is_told_by_our_own_rank_and_not_the_carriers(desk: Desk) -> None:
    async def scenario(exchange: Exchange) -> None:
        first = await into_queue(exchange)
        second = await into_queue(exchange, priority="1")
        round_ = wait(desk.rt, sid=second.sid, position=2, seconds=0, digits="")
        assert round_.speech[0].values == {"position": "1"}
        round_ = wait(desk.rt, sid=first.sid, position=1, seconds=0, digits="")
        assert round_.speech[0].values == {"position": "2"}
        for call in (first, second):
            call.handset.hang_up()
            await call.finished()

    desk.run(scenario)


def test_nobody_leaves_while_a_telephone_rings_for_them(desk: Desk) -> None:
    async def scenario(exchange: Exchange) -> None:
        call = await into_queue(exchange)
        put_agent(desk)
        route_now(desk.rt)
        assert not wait(desk.rt, sid=call.sid, position=1, seconds=601, digits="").leave
        with desk.rt.store.begin(write=False) as tx:
            offer = tx.desk.open_offers()[0]
        offers.decline(desk.rt, offer.id, "ana", "audio")
        assert wait(desk.rt, sid=call.sid, position=1, seconds=601, digits="").leave
        call.handset.hang_up()
        await call.finished()

    desk.run(scenario)


def test_wish_to_be_called_back_takes_the_call_from_the_agent_who_rings(desk: Desk) -> None:
    async def scenario(exchange: Exchange) -> None:
        call = await into_queue(exchange)
        put_agent(desk)
        route_now(desk.rt)
        assert wait(desk.rt, sid=call.sid, position=1, seconds=5, digits="1").leave
        with desk.rt.store.begin(write=False) as tx:
            assert tx.desk.open_offers() == []
            entry = tx.queues.entry(call.sid)
        assert entry is not None and entry.result == "wish:callback"
        call.handset.hang_up()
        await call.finished()

    desk.run(scenario)


def test_fixed_telephone_is_rung_only_while_no_agent_is_at_the_desk(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, changes={"IVR_AGENT_NUMBER": AGENT})

    async def scenario(exchange: Exchange) -> None:
        exchange.dial_plan = Numbers({AGENT: answers(after=4, talks=90)})
        put_agent(desk)
        call = await into_queue(exchange)
        assert "agent.dialled" not in desk.kinds(call.sid)
        call.handset.hang_up()
        await call.finished()

    desk.run(scenario)
    assert desk.rt.agent_phone


WAITS = QueueRow(call_sid="CA1", queue="atendimento", entered_at=OPEN)
LEFT = QueueRow(call_sid="CA1", queue="q", entered_at=OPEN, left_at=OPEN, result="answered")
ROOM = QueueRow(call_sid="CA1", queue="atendimento", entered_at=OPEN, in_room=True)


@pytest.mark.parametrize(("entry", "event", "result"), [
    (LEFT, DialEnded(status="completed"), "bridged"),
    (None, DialEnded(status="completed"), "bridged"),
    (WAITS, DialEnded(status="completed"), "requeue"),
    (ROOM, DialEnded(status="failed"), "requeue"),
    (ROOM, LeftQueue(result="bridged"), "requeue"),
    (WAITS, LeftQueue(result="bridged"), "bridged"),
    (WAITS, LeftQueue(result="leave"), "leave"),
    (LEFT, LeftQueue(result="hangup"), "hangup"),
])  # fmt: skip
def test_end_of_a_room_means_a_talk_or_another_wait(
    entry: QueueRow | None, event: LeftQueue | DialEnded, result: str
) -> None:
    told = left_queue(entry, event)
    assert isinstance(told, LeftQueue)
    assert told.result == result
