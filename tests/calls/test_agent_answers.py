"""Whole calls in virtual time: from the keypad to the agent's telephone, the room, and the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from agent_calls import Floor, joined, longest_silence, make_floor

from ivr.carrier.events import ConferenceJoined, Enqueued, GatherStarted, HungUp, OtherSpoke
from ivr.carrier.faults import Faults
from ivr.ports.errors import PortError
from ivr.service.desk.conversation import (
    NotNowError,
    cancel_consult,
    complete_transfer,
    consult,
    hang_up,
    hold,
    mute,
    pause_recording,
    resume_recording,
    send_digits,
    transfer,
    unhold,
)


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    made = make_floor(tmp_path)
    made.agent("ana")
    made.agent("bruno")
    return made


def test_caller_meets_the_agent_is_held_comes_back_and_rates(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        assert joined(floor, caller, phone)
        assert floor.talk(offer.id).recording == "on"
        assert floor.presence("ana").state == "in_call"
        caller.handset.speak("bom dia")
        await asyncio.sleep(1)
        assert [e.text for e in phone.line.events if isinstance(e, OtherSpoke)] == ["bom dia"]
        assert hold(rt, offer.id, "ana").held_since is not None
        await asyncio.sleep(40)
        assert not joined(floor, caller, phone)
        assert caller.handset.playing is not None
        assert unhold(rt, offer.id, "ana").hold_seconds >= 39
        await asyncio.sleep(1)
        assert joined(floor, caller, phone)
        assert mute(rt, offer.id, "ana").muted
        line = caller.handset.listen(from_now=True)
        hang_up(rt, offer.id, "ana")
        await line.until(GatherStarted)
        caller.handset.press("5")
        await line.until(HungUp)
        await asyncio.sleep(1)
        assert phone.ended
        talk = floor.talk(offer.id)
        assert (talk.ended_by, talk.recording_sid[:2]) == ("agent", "RE")
        assert floor.presence("ana").state == "wrap_up"
        ticket = floor.desk.ticket(caller.sid)
        assert (ticket.outcome, ticket.rating) == ("attended_by_person", 5)
        with rt.store.begin(write=False) as tx:
            (recording,) = tx.tickets.recordings(ticket.protocol)
        assert (recording.purpose, recording.engagement) == ("talk", offer.id)
        assert floor.exchange.recordings[recording.sid].channels == 2
        assert longest_silence(caller, floor) < 4

    floor.run(scenario, there=("ana",))


def test_agent_who_hangs_up_while_the_caller_is_on_the_way_gives_the_call_back(
    floor: Floor,
) -> None:
    async def scenario() -> None:
        caller = await floor.waiting_caller()
        with floor.desk.rt.store.begin(write=False) as tx:
            rank = tx.queues.entry(caller.sid).ranked_at  # type: ignore[union-attr]
        phone = await floor.phone_of("ana")
        floor.consoles.add("bruno")
        phone.handset.pick_up()
        await asyncio.sleep(0.3)
        phone.handset.hang_up()
        await asyncio.sleep(8)
        assert not caller.ended
        with floor.desk.rt.store.begin(write=False) as tx:
            entry = tx.queues.entry(caller.sid)
        assert entry is not None and entry.ranked_at == rank
        from ivr.service.desk.presence import go_available

        go_available(floor.desk.rt, "bruno")
        second, offer = await floor.talking(caller, "bruno")
        assert joined(floor, caller, second)
        assert floor.offer(offer.id).state == "answered"
        second.handset.hang_up()
        await caller.handset.listen(from_now=True).until(GatherStarted)
        caller.handset.hang_up()
        assert longest_silence(caller, floor) < 4

    floor.run(scenario, there=("ana",))


def test_caller_who_leaves_while_it_rings_stops_the_ringing(floor: Floor) -> None:
    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone = await floor.phone_of("ana")
        offer = floor.offer_to("ana")
        assert offer is not None
        caller.handset.hang_up()
        await phone.handset.listen().until(HungUp)
        assert not phone.answered
        await asyncio.sleep(1)
        assert floor.offer(offer.id).state == "abandoned"
        assert floor.presence("ana").state == "available"

    floor.run(scenario, there=("ana",))


def test_agent_who_picks_up_after_the_caller_left_hears_so(floor: Floor) -> None:
    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone = await floor.phone_of("ana")
        caller.handset.hang_up()
        phone.handset.pick_up()
        await phone.handset.listen().until(HungUp)
        assert not any(isinstance(e, ConferenceJoined) for e in phone.line.events)

    floor.run(scenario, there=("ana",))


def test_busy_telephone_sends_the_call_to_the_next_agent(floor: Floor) -> None:
    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone = await floor.phone_of("ana")
        phone.handset.decline("busy")
        second, _ = await floor.talking(caller, "bruno")
        assert joined(floor, caller, second)
        second.handset.hang_up()
        await asyncio.sleep(2)
        caller.handset.hang_up()

    floor.run(scenario, there=("ana", "bruno"))


def test_cold_transfer_holds_the_caller_until_the_next_agent_is_there(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available

        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        ended = transfer(rt, offer.id, "ana", queue="atendimento")
        assert ended.ended_by == "transfer"
        second = await floor.phone_of("bruno")
        assert caller.handset.playing is not None, "music meanwhile"
        await phone.handset.listen().until(HungUp)
        assert not caller.ended
        second.handset.pick_up()
        await second.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(2)
        assert joined(floor, caller, second)
        second.handset.hang_up()
        await caller.handset.listen(from_now=True).until(GatherStarted)
        caller.handset.hang_up()
        assert longest_silence(caller, floor) < 4

    floor.run(scenario, there=("ana",))


def test_transferred_call_that_nobody_takes_over_waits_with_music(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        _, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available

        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        transfer(rt, offer.id, "ana", to_agent="bruno")
        second = await floor.phone_of("bruno")
        second.handset.pick_up()
        await asyncio.sleep(0.2)
        second.handset.hang_up()
        await asyncio.sleep(20)
        assert not caller.ended
        with rt.store.begin(write=False) as tx:
            entry = tx.queues.entry(caller.sid)
        assert entry is not None and entry.left_at is None
        assert longest_silence(caller, floor) < 4
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


def test_transferred_call_for_which_nobody_comes_goes_back_to_the_queue_and_is_answered(
    floor: Floor,
) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        _, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available, go_offline

        go_available(rt, "bruno")
        transfer(rt, offer.id, "ana", queue="atendimento")
        floor.consoles.discard("ana")
        go_offline(rt, "bruno")
        line = caller.handset.listen(from_now=True)
        await line.until(Enqueued)
        with rt.store.begin(write=False) as tx:
            entry = tx.queues.entry(caller.sid)
        assert entry is not None and entry.left_at is None and not entry.in_room
        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        second = await floor.phone_of("bruno")
        second.handset.pick_up()
        await line.until(ConferenceJoined)
        await asyncio.sleep(4)
        assert joined(floor, caller, second)
        assert longest_silence(caller, floor) < 4
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


def test_warm_transfer_asks_first_and_then_joins_caller_and_colleague(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available

        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        assert consult(rt, offer.id, "ana", to_agent="bruno").held_since is not None
        with pytest.raises(NotNowError, match="sem_consulta"):
            complete_transfer(rt, offer.id, "ana")
        second = await floor.phone_of("bruno")
        second.handset.pick_up()
        await second.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(2)
        assert joined(floor, phone, second) and not joined(floor, caller, second)
        with pytest.raises(NotNowError, match="consulta"):
            unhold(rt, offer.id, "ana")
        theirs = floor.talk(offer.id).consult
        complete_transfer(rt, offer.id, "ana")
        await asyncio.sleep(2)
        assert phone.ended and joined(floor, caller, second)
        assert floor.talk(theirs).recording == "on"
        hang_up(rt, theirs, "bruno")
        await caller.handset.listen(from_now=True).until(GatherStarted)
        assert floor.presence("bruno").state == "wrap_up"
        caller.handset.hang_up()
        assert longest_silence(caller, floor) < 4

    floor.run(scenario, there=("ana",))


@pytest.mark.parametrize("answered", [False, True])
def test_cancelled_consult_brings_the_caller_back(floor: Floor, answered: bool) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available

        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        consult(rt, offer.id, "ana", to_agent="bruno")
        second = await floor.phone_of("bruno")
        if answered:
            second.handset.pick_up()
            await second.handset.listen().until(ConferenceJoined)
            await asyncio.sleep(1)
        back = cancel_consult(rt, offer.id, "ana")
        assert (back.held_since, back.consult) == (None, "")
        await asyncio.sleep(2)
        assert second.ended and joined(floor, caller, phone)
        assert floor.presence("bruno").state == "available"
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


@pytest.mark.parametrize("answered", [False, True])
def test_agent_who_drops_out_while_asking_a_colleague_ends_the_talk_for_all(
    floor: Floor, answered: bool
) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        from ivr.service.desk.presence import go_available

        go_available(rt, "bruno")
        floor.consoles.add("bruno")
        consult(rt, offer.id, "ana", to_agent="bruno")
        second = await floor.phone_of("bruno")
        if answered:
            second.handset.pick_up()
            await second.handset.listen().until(ConferenceJoined)
        line = caller.handset.listen(from_now=True)
        phone.handset.hang_up()
        await line.until(GatherStarted)
        await asyncio.sleep(3)
        assert second.ended and floor.presence("bruno").state == "available"
        with rt.store.begin(write=False) as tx:
            entry = tx.queues.entry(caller.sid)
        assert entry is not None and entry.left_at is not None
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


def test_transfer_to_nobody_is_refused_and_the_talk_goes_on(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        for reason, where in {
            "fila_vazia": {"queue": "segundo_nivel"},
            "agente_indisponivel": {"to_agent": "bruno"},
            "destino": {"queue": "inexistente"},
        }.items():
            with pytest.raises(NotNowError, match=reason):
                transfer(rt, offer.id, "ana", **where)
            await asyncio.sleep(1)
            assert joined(floor, caller, phone)
        with pytest.raises(NotNowError, match="agente_indisponivel"):
            consult(rt, offer.id, "ana", to_agent="bruno")
        await asyncio.sleep(1)
        assert joined(floor, caller, phone)
        phone.handset.hang_up()
        await caller.handset.listen(from_now=True).until(GatherStarted)
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


def test_only_the_agent_of_the_live_talk_may_and_a_repeat_changes_nothing(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        _, offer = await floor.talking(caller, "ana")
        for deed in (hold, unhold, mute, pause_recording, hang_up):
            with pytest.raises(NotNowError, match="de_outro"):
                deed(rt, offer.id, "bruno")
        first = hold(rt, offer.id, "ana")
        assert hold(rt, offer.id, "ana") == first
        unhold(rt, offer.id, "ana")
        assert pause_recording(rt, offer.id, "ana").recording == "paused"
        kept = floor.exchange.recordings[floor.talk(offer.id).recording_sid]
        assert kept.status == "paused"
        assert resume_recording(rt, offer.id, "ana").recording == "on"
        assert kept.status == "in-progress"
        with pytest.raises(NotNowError, match="teclas"):
            send_digits(rt, offer.id, "ana", "senha")
        send_digits(rt, offer.id, "ana", "12#")
        await asyncio.sleep(1)
        tones = [e for e in caller.line.events if getattr(e, "kind", "") == "tones"]
        assert tones
        hang_up(rt, offer.id, "ana")
        hang_up(rt, offer.id, "ana")
        with pytest.raises(NotNowError, match="encerrada"):
            hold(rt, offer.id, "ana")
        await asyncio.sleep(1)
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))


@pytest.mark.parametrize(
    "faults",
    [
        Faults(duplicate_webhook=2, duplicate_callback=2),
        Faults(reverse_callbacks=True),
        Faults(delay_callback=3.0),
        Faults(lose_callback=True),
        Faults(dequeue_action_executes=True),
        Faults(dial_action_after_hangup=True),
    ],
    ids=["twice", "reversed", "late", "lost", "action executed", "action after hang-up"],
)
def test_webhooks_that_come_twice_late_reversed_or_never_do_not_part_the_two(
    floor: Floor, faults: Faults
) -> None:
    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, offer = await floor.talking(caller, "ana")
        await asyncio.sleep(15)
        assert joined(floor, caller, phone)
        line = caller.handset.listen(from_now=True)
        hang_up(floor.desk.rt, offer.id, "ana")
        await line.until(GatherStarted)
        caller.handset.press("5")
        await line.until(HungUp)
        assert not any(isinstance(e, Enqueued) for e in caller.line.events[-8:])
        assert floor.desk.ticket(caller.sid).rating == 5

    floor.run(scenario, faults=faults, there=("ana",))


def test_leg_whose_making_was_not_answered_is_found_and_not_rung_twice(floor: Floor) -> None:
    telephony = floor.desk.rt.telephony
    real, tried = telephony.ring, []

    def lossy(**given: object) -> str:
        sid = real(**given)  # type: ignore[arg-type]
        tried.append(sid)
        raise PortError("read_timeout", unknown_outcome=True)

    telephony.ring = lossy  # type: ignore[method-assign]

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone, _ = await floor.talking(caller, "ana")
        await asyncio.sleep(6)
        assert tried == [phone.sid]
        assert len([c for c in floor.exchange.calls.values() if c.to == "client:agente-ana"]) == 1
        caller.handset.hang_up()

    floor.run(scenario, faults=Faults(lose_callback=True), there=("ana",))


def test_carrier_that_cannot_connect_leaves_the_caller_waiting(floor: Floor) -> None:
    def broken(**given: object) -> bool:
        raise PortError("http_503", unknown_outcome=True)

    floor.desk.rt.telephony.take_from_queue = broken  # type: ignore[method-assign]

    async def scenario() -> None:
        caller = await floor.waiting_caller()
        phone = await floor.phone_of("ana")
        offer = floor.offer_to("ana")
        assert offer is not None
        phone.handset.pick_up()
        await phone.handset.listen().until(HungUp)
        assert floor.talk(offer.id).ended_by == "system"
        with floor.desk.rt.store.begin(write=False) as tx:
            entry = tx.queues.entry(caller.sid)
        assert entry is not None and entry.left_at is None
        assert not caller.ended and longest_silence(caller, floor) < 4
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",))
