"""A caller and a number outside the desk: asked first, handed over, all three together, and every
way in which that fails, over the real carrier in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from agent_calls import CITIZEN, Floor, joined, make_floor
from web.phone_line import quick_folder

from ivr.carrier.call import Call
from ivr.carrier.events import ConferenceJoined, GatherStarted, OtherSpoke
from ivr.ports.outside import OutsideRow
from ivr.service.desk.conversation import (
    NotNowError,
    call_out,
    cancel_out,
    complete_out,
    consult,
    hang_up,
    join_three,
    transfer,
    unhold,
)
from ivr.service.desk.ledger import check_ledger
from ivr.service.desk.presence import go_available

OUTSIDE = "+556733180055"
"""Of the family that ``callflows/queues.toml`` allows."""


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with quick_folder(tmp_path) as folder:
        made = make_floor(folder)
        made.agent("ana")
        made.agent("bruno")
        yield made
        made.desk.close()


async def talk(floor: Floor) -> tuple[Call, Call, str]:
    caller = await floor.waiting_caller()
    phone, offer = await floor.talking(caller, "ana")
    return caller, phone, offer.id


async def rung(floor: Floor, to: str = OUTSIDE) -> Call:
    for _ in range(200):
        for call in floor.exchange.calls.values():
            if call.to.endswith(to) and call.status == "ringing":
                return call
        await asyncio.sleep(0.1)
    raise AssertionError(f"{to} does not ring")


async def picked_up(floor: Floor) -> Call:
    there = await rung(floor)
    there.handset.pick_up()
    await there.handset.listen().until(ConferenceJoined)
    await asyncio.sleep(1)
    return there


def row_of(floor: Floor, offer: str) -> OutsideRow:
    with floor.desk.rt.store.begin(write=False) as tx:
        row = tx.outside.newest_of(offer)
    assert row is not None
    return row


def rank_of(floor: Floor, caller: str) -> datetime | None:
    with floor.desk.rt.store.begin(write=False) as tx:
        entry = tx.queues.entry(caller)
    assert entry is not None
    return entry.ranked_at


def waits(floor: Floor, caller: str) -> bool:
    with floor.desk.rt.store.begin(write=False) as tx:
        entry = tx.queues.entry(caller)
    return entry is not None and entry.left_at is None


def held_by_ledger(floor: Floor, caller: Call) -> list[str]:
    """Kinds of the call's lines in the ledger, which holds as a whole; the ticket has them too."""
    _, wrong = check_ledger(floor.desk.rt)
    assert wrong is None, wrong
    protocol = floor.desk.call(caller.sid).protocol
    with floor.desk.rt.store.begin(write=False) as tx:
        lines = tx.desk.ledger()
        events = [event.kind for event in tx.ticket_log.events(protocol)]
    kinds = [line.kind for line in lines if line.kind.startswith("outside.")]
    assert sorted(kinds) == sorted(kind for kind in events if kind.startswith("outside."))
    assert kinds == [kind for kind in floor.desk.kinds(caller.sid) if kind.startswith("outside.")]
    assert all(OUTSIDE not in str(line.data) for line in lines), "the number stands nowhere"
    return kinds


def heard(call: Call) -> list[str]:
    return [e.text for e in call.line.events if isinstance(e, OtherSpoke)]


def test_asked_first_then_three_together_then_the_agent_leaves_the_two(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> Call:
        caller, agent, offer = await talk(floor)
        call_out(rt, offer, "ana", typed="(67) 3318-0055", kind="warm")
        with pytest.raises(NotNowError, match="ja_pedida"):
            call_out(rt, offer, "ana", typed=OUTSIDE, kind="warm")
        with pytest.raises(NotNowError, match="ja_pedida"):
            consult(rt, offer, "ana", to_agent="bruno")
        with pytest.raises(NotNowError, match="consulta"):
            unhold(rt, offer, "ana")
        with pytest.raises(NotNowError, match="sem_consulta"):
            complete_out(rt, offer, "ana")
        there = await picked_up(floor)
        assert joined(floor, agent, there) and not joined(floor, caller, there)
        assert caller.handset.playing is not None, "the caller hears music"
        assert row_of(floor, offer).state == "talking"
        join_three(rt, offer, "ana")
        await asyncio.sleep(1)
        assert joined(floor, caller, there) and joined(floor, caller, agent)
        complete_out(rt, offer, "ana")
        await agent.finished()
        assert floor.presence("ana").state == "wrap_up"
        await asyncio.sleep(30)
        assert joined(floor, caller, there), "the two go on without the desk"
        line = caller.handset.listen(from_now=True)
        there.handset.hang_up()
        await line.until(GatherStarted)
        caller.handset.press("4")
        await caller.finished()
        assert row_of(floor, offer).end_reason == "desligou"
        assert floor.desk.ticket(caller.sid).rating == 4
        return caller

    caller = floor.run(scenario, there=("ana",), rest=2)
    assert held_by_ledger(floor, caller) == [
        "outside.asked",
        "outside.answered",
        "outside.joined",
        "outside.alone",
        "outside.ended",
    ]
    assert floor.desk.rows("tickets") == 1


def test_handed_over_at_once_meets_whom_it_was_for_and_the_agent_is_free_to_wrap_up(
    floor: Floor,
) -> None:
    rt = floor.desk.rt

    async def scenario() -> Call:
        caller, agent, offer = await talk(floor)
        call_out(rt, offer, "ana", typed=OUTSIDE, kind="cold")
        await agent.finished()
        assert floor.presence("ana").state == "wrap_up"
        await asyncio.sleep(1)
        assert not caller.ended and caller.handset.playing is not None
        there = await picked_up(floor)
        await asyncio.sleep(1)
        assert joined(floor, caller, there)
        caller.handset.speak("bom dia")
        await asyncio.sleep(1)
        assert heard(there) == ["bom dia"]
        caller.handset.hang_up()
        await there.finished()
        await asyncio.sleep(2)
        return caller

    caller = floor.run(scenario, there=("ana",), rest=2)
    assert "outside.joined" in held_by_ledger(floor, caller)


def test_caller_who_hangs_up_before_the_number_comes_stops_its_ringing(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        call_out(rt, offer, "ana", typed=OUTSIDE, kind="cold")
        there = await rung(floor)
        caller.handset.hang_up()
        await there.finished()
        assert not there.answered and not waits(floor, caller.sid)
        assert row_of(floor, offer).end_reason == "quem_ligou_desligou"
        await agent.finished()

    floor.run(scenario, there=("ana",), rest=2)


def test_number_that_does_not_come_leaves_the_caller_with_the_agent_or_back_in_line(
    floor: Floor,
) -> None:
    rt = floor.desk.rt
    ends = (("busy", "ocupado"), ("rejected", "nao_atendeu"), ("failed", "falhou"))

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        rank = rank_of(floor, caller.sid)
        for outcome, why in ends:
            call_out(rt, offer, "ana", typed=OUTSIDE, kind="warm")
            (await rung(floor)).handset.decline(outcome)  # type: ignore[arg-type]
            await asyncio.sleep(2)
            assert row_of(floor, offer).end_reason == why
            assert floor.talk(offer).held_since is not None
            unhold(rt, offer, "ana")
        await asyncio.sleep(1)
        assert joined(floor, caller, agent)
        call_out(rt, offer, "ana", typed=OUTSIDE, kind="cold")
        (await rung(floor)).handset.decline("busy")
        await asyncio.sleep(2)
        assert waits(floor, caller.sid) and rank_of(floor, caller.sid) == rank
        floor.consoles.add("bruno")
        go_available(rt, "bruno")
        bruno = await floor.phone_of("bruno")
        bruno.handset.pick_up()
        await asyncio.sleep(8)
        assert joined(floor, caller, bruno)
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",), rest=2)


def test_agent_or_caller_ends_it_and_what_is_not_on_the_list_is_never_dialled(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        for typed in ("190", "0900 123 4567", "+1 212 555 0100", "(11) 3333-4444", "", "x" * 99):
            with pytest.raises(NotNowError, match="numero_recusado"):
                call_out(rt, offer, "ana", typed=typed, kind="cold")
        with pytest.raises(NotNowError, match="numero_recusado"):
            call_out(rt, offer, "ana", name="nenhum", typed=OUTSIDE, kind="warm")
        assert joined(floor, caller, agent), "nothing was touched"
        call_out(rt, offer, "ana", typed=OUTSIDE, kind="warm")
        there = await rung(floor)
        cancel_out(rt, offer, "ana")
        await there.finished()
        await asyncio.sleep(1)
        assert joined(floor, caller, agent)
        call_out(rt, offer, "ana", typed=OUTSIDE, kind="warm")
        there = await picked_up(floor)
        line = caller.handset.listen(from_now=True)
        hang_up(rt, offer, "ana")
        await there.finished()
        await line.until(GatherStarted)
        caller.handset.hang_up()
        await caller.finished()
        floor.consoles.add("bruno")
        go_available(rt, "bruno")
        caller = await floor.waiting_caller("+5567999990077")
        _, second = await floor.talking(caller, "bruno")
        call_out(rt, second.id, "bruno", typed=OUTSIDE, kind="warm")
        there = await rung(floor)
        caller.handset.hang_up()
        await there.finished()
        assert not there.answered
        assert row_of(floor, second.id).end_reason == "quem_ligou_desligou"

    floor.run(scenario, there=("ana",), rest=2)


def test_agent_whose_receiver_is_put_down_in_a_talk_of_three_leaves_the_other_two(
    floor: Floor,
) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        floor.consoles.add("bruno")
        go_available(rt, "bruno")
        consult(rt, offer, "ana", to_agent="bruno")
        bruno = await floor.phone_of("bruno")
        theirs = floor.offer_to("bruno")
        assert theirs is not None
        bruno.handset.pick_up()
        await bruno.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(1)
        with pytest.raises(NotNowError, match="ja_pedida"):
            call_out(rt, offer, "ana", typed=OUTSIDE, kind="cold")
        join_three(rt, offer, "ana")
        await asyncio.sleep(1)
        assert joined(floor, caller, bruno) and joined(floor, caller, agent)
        agent.handset.hang_up()
        await asyncio.sleep(10)
        assert joined(floor, caller, bruno)
        assert floor.presence("ana").state == "wrap_up"
        assert floor.offer(theirs.id).kind == "transfer"
        assert floor.talk(theirs.id).recording == "on", "the talk is now the colleague's"
        call_out(rt, theirs.id, "bruno", typed=OUTSIDE, kind="warm")
        there = await picked_up(floor)
        join_three(rt, theirs.id, "bruno")
        await asyncio.sleep(1)
        bruno.handset.hang_up()
        await asyncio.sleep(10)
        assert joined(floor, caller, there)
        assert floor.presence("bruno").state == "wrap_up"
        caller.handset.hang_up()
        await there.finished()

    floor.run(scenario, there=("ana",), rest=2)
    assert check_ledger(rt)[1] is None


def test_transfer_in_a_call_back_that_fails_keeps_the_citizen_and_the_old_rank(
    floor: Floor,
) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        call = await floor.waiting_caller()
        rank = rank_of(floor, call.sid)
        await asyncio.sleep(20)
        call.handset.press("1")
        await asyncio.sleep(60)
        call.handset.hang_up()
        await call.finished()
        floor.consoles.add("ana")
        go_available(rt, "ana")
        agent = await floor.phone_of("ana")
        offer = floor.offer_to("ana")
        assert offer is not None
        agent.handset.pick_up()
        citizen = await rung(floor, CITIZEN)
        citizen.handset.pick_up()
        await citizen.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(3)
        floor.consoles.add("bruno")
        go_available(rt, "bruno")
        transfer(rt, offer.id, "ana", to_agent="bruno")
        bruno = await floor.phone_of("bruno")
        bruno.handset.pick_up()
        await asyncio.sleep(0.3)
        bruno.handset.hang_up()
        await asyncio.sleep(5)
        assert not citizen.ended, "no goodbye"
        assert waits(floor, call.sid) and rank_of(floor, call.sid) == rank
        await asyncio.sleep(30)
        assert not citizen.ended and citizen.handset.playing is not None
        floor.consoles.discard("ana")
        assert joined(floor, citizen, await taken(floor, "bruno"))
        with rt.store.begin(write=False) as tx:
            (live,) = tx.desk.talks_of(call.sid)
        call_out(rt, live.offer, "bruno", typed=OUTSIDE, kind="cold")
        (await rung(floor)).handset.decline("busy")
        await asyncio.sleep(3)
        assert not citizen.ended and waits(floor, call.sid)
        assert rank_of(floor, call.sid) == rank
        citizen.handset.hang_up()
        await asyncio.sleep(2)
        assert not waits(floor, call.sid)

    floor.run(scenario, rest=2)
    assert check_ledger(rt)[1] is None


async def taken(floor: Floor, agent: str) -> Call:
    """The agent is free again after the wrap-up, is offered the call, and takes it."""
    for _ in range(400):
        if floor.presence(agent).state == "paused":
            go_available(floor.desk.rt, agent)
        for call in floor.exchange.calls.values():
            if call.to == f"client:agente-{agent}" and call.status == "ringing":
                call.handset.pick_up()
                await asyncio.sleep(8)
                return call
        await asyncio.sleep(0.5)
    raise AssertionError("nobody is offered the call")
