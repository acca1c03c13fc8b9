"""A supervisor in a live talk, over the real carrier in virtual time: who hears whom, that nobody
hears a sensitive step, and that the talk never depends on any of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from agent_calls import Floor, joined, make_floor
from web.phone_line import quick_folder

from ivr.carrier.audio import wav
from ivr.carrier.call import Call
from ivr.carrier.events import ConferenceJoined, GatherStarted, OtherSpoke
from ivr.ports.errors import PortError
from ivr.ports.supervision import SupervisionRow
from ivr.service.desk.conversation import (
    NotNowError,
    hang_up,
    pause_recording,
    resume_recording,
    transfer,
)
from ivr.service.desk.presence import go_available
from ivr.service.desk.supervision import change_mode, leave, start

TONE = b"\x10\x00" * 8000
CARLA = "carla"
REST = 2


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    with quick_folder(tmp_path) as folder:
        made = make_floor(folder)
        made.agent("ana")
        made.agent("bruno")
        made.agent(CARLA, roles=("supervisor",))
        made.agent("davi", roles=("manager",))
        yield made
        made.desk.close()


async def talk(floor: Floor) -> tuple[Call, Call, str]:
    caller = await floor.waiting_caller()
    phone, offer = await floor.talking(caller, "ana")
    return caller, phone, offer.id


async def listening(floor: Floor, offer: str) -> tuple[Call, SupervisionRow]:
    """The supervisor has asked, picked up, and is in the room."""
    row = start(floor.desk.rt, offer, by=CARLA, reason="qualidade")
    phone = await floor.phone_of(CARLA)
    phone.handset.pick_up()
    await phone.handset.listen().until(ConferenceJoined)
    await asyncio.sleep(1)
    return phone, row


def now(floor: Floor, row: SupervisionRow) -> SupervisionRow:
    with floor.desk.rt.store.begin(write=False) as tx:
        found = tx.supervisions.get(row.id)
    assert found is not None
    return found


def heard(call: Call) -> list[str]:
    return [e.text for e in call.line.events if isinstance(e, OtherSpoke) and e.text]


async def everybody_speaks(*calls: tuple[Call, str]) -> None:
    for call, text in calls:
        call.handset.speak(text, seconds=0.5)
        await asyncio.sleep(0.7)


def far_seconds(sound: bytes) -> float:
    """Seconds of sound in the channel of what a leg hears."""
    frames = sound[44:]
    return sum(frames[i + 2 : i + 4] != b"\0\0" for i in range(0, len(frames), 4)) / 8000


def test_listener_hears_both_whisper_reaches_the_agent_alone_and_barge_both(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> Call:
        caller, agent, offer = await talk(floor)
        carla, row = await listening(floor, offer)
        archive = floor.exchange.archive
        ears = [archive.start(call, source="StartCallRecordingAPI") for call in (agent, caller)]
        for ear in ears:
            ear.channels = 2
        for mode in ("listen", "whisper", "barge"):
            change_mode(rt, row.id, by=CARLA, mode=mode)
            await everybody_speaks(
                (caller, f"c {mode}"), (agent, f"a {mode}"), (carla, f"s {mode}")
            )
            carla.handset.speak_wav(wav(TONE))
            await asyncio.sleep(1.5)
        for ear in ears:
            archive.finish(ear)
        modes = ("listen", "whisper", "barge")
        assert heard(carla) == [f"{who} {m}" for m in modes for who in "ca"], "always both"
        assert [t for t in heard(agent) if t[0] == "s"] == ["s whisper", "s barge"]
        assert [t for t in heard(caller) if t[0] == "s"] == ["s barge"]
        assert [far_seconds(ear.wav()) for ear in ears] == [2, 1], "the sound itself, too"
        change_mode(rt, row.id, by=CARLA, mode="listen")
        await everybody_speaks((carla, "s again"))
        assert "s again" not in heard(agent) + heard(caller)
        leave(rt, row.id, by=CARLA)
        await carla.finished()
        await everybody_speaks((caller, "still there"))
        assert heard(agent)[-1] == "still there" and joined(floor, caller, agent)
        assert now(floor, row).end_reason == "saiu"
        return caller

    caller = floor.run(scenario, there=("ana",), rest=REST)
    with rt.store.begin(write=False) as tx:
        lines = list(reversed(tx.audit.of(f"call:{caller.sid}")))
    assert [line.action for line in lines] == [
        "supervision.asked",
        "supervision.began",
        *["supervision.mode"] * 3,
        "supervision.ended",
    ]
    assert {(line.actor, line.data["reason"]) for line in lines} == {(CARLA, "qualidade")}
    kinds = floor.desk.kinds(caller.sid)
    assert kinds.count("supervision.mode") == 3 and "supervision.ended" in kinds


def test_no_supervisor_hears_a_sensitive_step_or_it_does_not_begin(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = floor.desk.rt

    def broken(*_: object) -> bool:
        raise PortError("http_503")

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        carla, row = await listening(floor, offer)
        change_mode(rt, row.id, by=CARLA, mode="barge")
        pause_recording(rt, offer, "ana")
        await everybody_speaks((caller, "segredo"), (agent, "sim"), (carla, "oi"))
        assert heard(carla) == []
        assert "oi" not in heard(agent) + heard(caller)
        with pytest.raises(NotNowError, match="sensivel"):
            change_mode(rt, row.id, by=CARLA, mode="listen")
        pause_recording(rt, offer, "ana")
        await everybody_speaks((caller, "segredo"))
        resume_recording(rt, offer, "ana")
        await asyncio.sleep(1)
        await everybody_speaks((caller, "depois"), (carla, "voltei"))
        assert heard(carla) == ["depois"]
        assert heard(caller)[-1] == "voltei", "in the mode it had"
        with monkeypatch.context() as patched:
            patched.setattr(rt.telephony, "hold", broken)
            patched.setattr(rt.telephony, "end_call", broken)
            with pytest.raises(NotNowError, match="operadora"):
                pause_recording(rt, offer, "ana")
        assert floor.talk(offer).recording == "on", "the step has not begun"
        await asyncio.sleep(1)
        with monkeypatch.context() as patched:
            patched.setattr(rt.telephony, "hold", broken)
            assert pause_recording(rt, offer, "ana").recording == "paused"
        await carla.finished()
        await everybody_speaks((caller, "segredo"))
        assert heard(carla) == ["depois"]
        await asyncio.sleep(1)
        assert now(floor, row).end_reason == "desligou" and joined(floor, caller, agent)

    floor.run(scenario, there=("ana",), rest=REST)


def test_pause_right_after_going_on_hangs_up_on_whom_the_worker_is_just_letting_in(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's request may be on its way: only a call that is over cannot be let in."""
    rt = floor.desk.rt
    real = rt.telephony.hold

    async def scenario() -> None:
        caller, _, offer = await talk(floor)
        carla, _ = await listening(floor, offer)
        pause_recording(rt, offer, "ana")
        resume_recording(rt, offer, "ana")
        late: list[tuple[str, str]] = []
        with monkeypatch.context() as patched:
            patched.setattr(rt.telephony, "hold", lambda *asked: late.append(asked[:2]) or True)
            await asyncio.sleep(0.4)
            assert late, "the worker was at it"
        with rt.store.begin() as tx:
            tx.supervisions.shut(offer, call_sid=caller.sid, protocol="", at=tx.now())
            tx.supervisions.opening(offer)
        pause_recording(rt, offer, "ana")
        real(*late[0], False)
        await asyncio.sleep(0.1)
        await everybody_speaks((caller, "segredo"))
        assert heard(carla) == []
        await carla.finished()

    floor.run(scenario, there=("ana",), rest=REST)


def test_supervisor_who_picks_up_in_a_sensitive_step_waits_outside_until_it_is_over(
    floor: Floor,
) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller, _, offer = await talk(floor)
        start(rt, offer, by=CARLA, reason="apoio")
        carla = await floor.phone_of(CARLA)
        pause_recording(rt, offer, "ana")
        carla.handset.pick_up()
        await asyncio.sleep(8)
        await everybody_speaks((caller, "segredo"))
        assert not any(isinstance(e, ConferenceJoined) for e in carla.line.events)
        resume_recording(rt, offer, "ana")
        await carla.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(1)
        await everybody_speaks((caller, "depois"))
        assert heard(carla) == ["depois"]

    floor.run(scenario, there=("ana",), rest=REST)


def test_end_of_the_agents_talk_hangs_up_on_the_supervisor_and_nobody_else(floor: Floor) -> None:
    rt = floor.desk.rt

    async def scenario() -> None:
        caller, _, offer = await talk(floor)
        carla, row = await listening(floor, offer)
        floor.consoles.add("bruno")
        go_available(rt, "bruno")
        transfer(rt, offer, "ana", queue="atendimento")
        await carla.finished()
        assert now(floor, row).end_reason == "conversa_acabou"
        bruno, second = await floor.talking(caller, "bruno")
        assert joined(floor, caller, bruno), "the supervisor does not go with the caller"
        again, row = await listening(floor, second.id)
        line = caller.handset.listen(from_now=True)
        hang_up(rt, second.id, "bruno")
        await again.finished()
        await line.until(GatherStarted)
        caller.handset.hang_up()
        assert now(floor, row).end_reason == "conversa_acabou"

    floor.run(scenario, there=("ana",), rest=REST)


def test_telephone_that_does_not_come_or_goes_away_leaves_the_talk_as_it_is(floor: Floor) -> None:
    rt = floor.desk.rt
    ends = (("busy", "ocupado"), ("rejected", "nao_atendeu"), ("failed", "falhou"))

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        for outcome, why in ends:
            row = start(rt, offer, by=CARLA, reason="qualidade")
            phone = await floor.phone_of(CARLA)
            phone.handset.decline(outcome)  # type: ignore[arg-type]
            await asyncio.sleep(1)
            assert now(floor, row).end_reason == why
        carla, row = await listening(floor, offer)
        carla.handset.hang_up()
        await asyncio.sleep(1)
        assert now(floor, row).end_reason == "desligou"
        assert joined(floor, caller, agent)

    floor.run(scenario, there=("ana",), rest=REST)


def test_what_may_not_be_is_refused_in_words_and_what_the_carrier_does_not_do_is_taken_back(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = floor.desk.rt

    def refused(word: str, *, by: str = CARLA, reason: str = "apoio", offer: str) -> None:
        with pytest.raises(NotNowError, match=f"^{word}$"):
            start(rt, offer, by=by, reason=reason)

    def broken(*_: object, **__: object) -> bool:
        raise PortError("http_503")

    async def scenario() -> None:
        caller, agent, offer = await talk(floor)
        refused("motivo", reason="", offer=offer)
        refused("encerrada", offer="OF" + "0" * 32)
        refused("propria", by="ana", offer=offer)
        refused("conta_inativa", by="ninguem", offer=offer)
        go_available(rt, "bruno")
        refused("pause_antes", by="bruno", offer=offer)
        row = start(rt, offer, by=CARLA, reason="apoio")
        assert start(rt, offer, by=CARLA, reason="apoio").id == row.id, "twice is once"
        refused("acompanhada", by="davi", offer=offer)
        for word, deed in (
            ("nao_entrou", lambda: change_mode(rt, row.id, by=CARLA, mode="barge")),
            ("de_outro", lambda: change_mode(rt, row.id, by="davi", mode="barge")),
            ("modo", lambda: change_mode(rt, row.id, by=CARLA, mode="gritar")),
            ("de_outro", lambda: leave(rt, row.id, by="davi")),
        ):
            with pytest.raises(NotNowError, match=word):
                deed()
        phone = await floor.phone_of(CARLA)
        leave(rt, row.id, by=CARLA)
        await phone.finished()
        assert not phone.answered, "whoever leaves before picking up is rung no more"
        carla, row = await listening(floor, offer)
        with monkeypatch.context() as patched:
            patched.setattr(rt.telephony, "coach", broken)
            with pytest.raises(NotNowError, match="operadora"):
                change_mode(rt, row.id, by=CARLA, mode="barge")
        assert now(floor, row).mode == "listen"
        await asyncio.sleep(1)
        await everybody_speaks((carla, "oi"))
        assert "oi" not in heard(caller) + heard(agent)
        with rt.store.begin() as tx:
            account = tx.staff.get(CARLA)
            assert account is not None and tx.staff.save(replace(account, roles=("agent",)))
        await carla.finished()
        assert now(floor, row).end_reason == "sem_direito", "the right is lost, and the ear with it"
        pause_recording(rt, offer, "ana")
        refused("sensivel", offer=offer)
        hang_up(rt, offer, "ana")
        refused("encerrada", offer=offer)
        caller.handset.hang_up()

    floor.run(scenario, there=("ana",), rest=REST)
