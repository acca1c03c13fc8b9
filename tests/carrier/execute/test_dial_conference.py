"""Rooms: who waits, who hears whom, who ends it, what is told, and where each goes afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from scripted_service import CITIZEN, DESK, Phone, ScriptedService

from ivr.carrier.call import Call, Goto, Replaced
from ivr.carrier.events import (
    Bridged,
    ConferenceJoined,
    ConferenceLeft,
    HungUp,
    OtherSpoke,
    PlayStarted,
    Unbridged,
)
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults

EVENTS = "start end join leave mute hold modify announcement"
OTHER = "+5567988880000"


def room(attributes: str = "", *, action: str = "/after") -> str:
    return f'<Dial action="{action}"><Conference {attributes}>sala</Conference></Dial>'


@pytest.fixture
def hall(service: ScriptedService) -> ScriptedService:
    service.on("/after", "<Hangup/>").on("/room", "").sound("/music.wav", 5.0)
    service.on("/hold", "<Play>/music.wav</Play>").on("/wait", "<Play>/music.wav</Play>")
    return service


def two(
    phone: Phone,
    script: Callable[[Exchange, Call, Call], Awaitable[Any]],
    *,
    apart: float = 3.0,
    **more: Any,
) -> tuple[Call, Call]:
    """A first caller, and ``apart`` seconds later a second one."""

    async def work(exchange: Exchange) -> tuple[Call, Call]:
        first = exchange.call(from_=CITIZEN, to=DESK)
        await first.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(apart)
        second = exchange.call(from_=OTHER, to=DESK)
        await second.handset.listen().until(ConferenceJoined)
        await script(exchange, first, second)
        for call in (first, second):
            call.handset.hang_up()
        return first, second

    result: tuple[Call, Call] = phone.run(work, **more)
    return result


def told(hall: ScriptedService) -> list[str]:
    return [fields["StatusCallbackEvent"] for fields in hall.at("/room")]


def names(call: Call, *kinds: type) -> list[str]:
    return [type(e).__name__ for e in call.line.events if isinstance(e, kinds)]


async def pause(exchange: Exchange, first: Call, second: Call) -> None:
    await asyncio.sleep(10)


def test_two_meet_and_every_event_is_told_in_order(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room(f'statusCallback="/room" statusCallbackEvent="{EVENTS}" beep="false"'))
    first, second = two(phone, pause)
    assert told(hall) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    seen = hall.at("/room")
    assert [fields["SequenceNumber"] for fields in seen] == ["0", "1", "2", "3", "4", "5"]
    assert {fields["FriendlyName"] for fields in seen} == {"sala"}
    assert len({fields["ConferenceSid"] for fields in seen}) == 1
    assert (seen[0]["CallSid"], seen[0]["Muted"], seen[0]["Hold"]) == (first.sid, "false", "false")
    assert (seen[0]["StartConferenceOnEnter"], seen[0]["EndConferenceOnExit"]) == ("true", "false")
    assert seen[3]["ReasonParticipantLeft"] == "participant_hung_up"
    assert seen[5]["ReasonConferenceEnded"] == "last-participant-left"
    assert seen[5]["CallSidEndingConference"] in (first.sid, second.sid)
    assert names(first, Bridged, Unbridged) == ["Bridged", "Unbridged"]
    assert hall.complaints == []


def test_alone_one_hears_the_waiting_document_once_and_then_nothing(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.on("/voice", room('waitUrl="/wait" beep="false"'))
    first, second = two(phone, pause, apart=20)
    assert len(hall.at("/wait")) == 1, "the second starts the talk with its coming"
    plays = [e for e in first.line.events if isinstance(e, PlayStarted)]
    assert [play.url for play in plays] == ["http://ivr.test/music.wav"]
    assert hall.at("/wait")[0]["FriendlyName"] == "sala"


def test_an_empty_wait_url_is_silence_and_none_is_the_carriers_music(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.on("/voice", room('waitUrl="" beep="false"'), room('beep="false"'))
    first, _ = two(phone, pause)
    assert names(first, PlayStarted) == []
    hall.on("/voice", room('beep="false"'))
    first, _ = two(phone, pause)
    assert names(first, PlayStarted) == ["PlayStarted"]


def test_nobody_starts_it_who_may_not(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('startConferenceOnEnter="false" waitUrl="" beep="false"'))
    first, second = two(phone, pause)
    assert names(first, Bridged) == [] == names(second, Bridged)


def test_one_who_starts_it_joins_one_who_waited(hall: ScriptedService, phone: Phone) -> None:
    hall.on(
        "/voice",
        room('startConferenceOnEnter="false" waitUrl="" beep="false"'),
        room('beep="false"'),
    )
    first, _ = two(phone, pause)
    assert names(first, Bridged) == ["Bridged"]


def test_the_end_by_one_sends_the_other_to_its_action(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('beep="false"'), room('endConferenceOnExit="true" beep="false"'))
    hall.on("/after", '<Say language="pt-BR">Nota?</Say><Hangup/>')

    async def agent_leaves(exchange: Exchange, first: Call, second: Call) -> None:
        second.handset.hang_up()
        await first.handset.listen().until(HungUp)

    first, _ = two(phone, agent_leaves)
    (after,) = hall.at("/after")
    assert (after["CallSid"], after["DialCallStatus"]) == (first.sid, "answered")
    assert "DialCallSid" not in after and "DialCallDuration" not in after
    (left,) = (e for e in first.line.events if isinstance(e, ConferenceLeft))
    assert left.reason == "ended"


def test_what_one_says_the_other_hears_unless_muted_or_on_hold(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.on("/voice", room('beep="false"'))

    async def talk(exchange: Exchange, first: Call, second: Call) -> None:
        (conference,) = exchange.rooms.conferences.values()
        mine = conference.participants[0]
        first.handset.speak("bom dia")
        await asyncio.sleep(1)
        exchange.rooms.mute(conference, mine, True)
        first.handset.speak("mudo")
        await asyncio.sleep(1)
        exchange.rooms.mute(conference, mine, False)
        exchange.rooms.hold(conference, mine, True, Goto(url="http://ivr.test/hold"))
        first.handset.speak("em espera")
        second.handset.speak("consulta")
        await asyncio.sleep(1)
        exchange.rooms.hold(conference, mine, False, None)
        second.handset.speak("voltei")
        await asyncio.sleep(1)

    first, second = two(phone, talk)
    assert [e.text for e in second.line.events if isinstance(e, OtherSpoke)] == ["bom dia"]
    assert [e.text for e in first.line.events if isinstance(e, OtherSpoke)] == ["voltei"]
    assert names(first, Bridged, Unbridged) == ["Bridged", "Unbridged", "Bridged", "Unbridged"]
    assert [e.url for e in first.line.events if isinstance(e, PlayStarted)][-1].endswith(
        "/music.wav"
    )


def test_a_microphone_is_heard_by_who_can_hear_and_by_nobody_else(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.on("/voice", room('beep="false"'))
    one, two_, muted, on_hold = (bytes([code]) * 160 for code in (0x10, 0x20, 0x30, 0x40))

    async def talk(exchange: Exchange, first: Call, second: Call) -> None:
        (conference,) = exchange.rooms.conferences.values()
        mine = conference.participants[0]
        first.handset.microphone(one)
        second.handset.microphone(two_)
        exchange.rooms.mute(conference, mine, True)
        first.handset.microphone(muted)
        exchange.rooms.mute(conference, mine, False)
        exchange.rooms.hold(conference, mine, True, None)
        second.handset.microphone(on_hold)

    first, second = two(phone, talk)
    second.handset.microphone(one)
    assert (bytes(first.handset.heard), bytes(second.handset.heard)) == (two_, one)


def test_a_coach_is_heard_by_one_only(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('beep="false"'))

    async def three(exchange: Exchange, first: Call, second: Call) -> None:
        supervisor = exchange.call(from_="client:carla", to=DESK)
        await supervisor.handset.listen().until(ConferenceJoined)
        (conference,) = exchange.rooms.conferences.values()
        exchange.rooms.coach(conference, conference.participants[2], second.sid)
        supervisor.handset.speak("diga o protocolo")
        first.handset.speak("alô")
        await asyncio.sleep(2)
        assert [e.text for e in supervisor.line.events if isinstance(e, OtherSpoke)] == ["alô"]
        supervisor.handset.hang_up()

    first, second = two(phone, three)
    assert [e.text for e in first.line.events if isinstance(e, OtherSpoke)] == []
    assert "diga o protocolo" in [e.text for e in second.line.events if isinstance(e, OtherSpoke)]


def test_the_beep_is_heard_by_those_inside(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('waitUrl=""'))

    async def third(exchange: Exchange, first: Call, second: Call) -> None:
        other = exchange.call(from_="+5567977770000", to=DESK)
        await other.handset.listen().until(ConferenceJoined)
        await asyncio.sleep(1)
        other.handset.hang_up()
        await asyncio.sleep(1)

    first, _ = two(phone, third)
    beeps = [e for e in first.line.events if isinstance(e, PlayStarted) and e.kind == "beep"]
    assert len(beeps) >= 2


def test_another_document_takes_a_leg_out_of_the_room(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('beep="false"')).on("/other", '<Say language="pt-BR">Outro.</Say>')

    async def moved(exchange: Exchange, first: Call, second: Call) -> None:
        first.interrupt(Replaced(Goto(url="http://ivr.test/other")))
        await first.handset.listen().until(HungUp)

    first, _ = two(phone, moved)
    (left,) = (e for e in first.line.events if isinstance(e, ConferenceLeft))
    assert left.reason == "redirected"
    assert "/other" in hall.paths


def test_a_full_room_lets_nobody_in(hall: ScriptedService, phone: Phone) -> None:
    hall.on("/voice", room('maxParticipants="2" beep="false"'))

    async def third(exchange: Exchange, first: Call, second: Call) -> None:
        other = exchange.call(from_="+5567977770000", to=DESK)
        await other.handset.listen().until(HungUp)
        assert names(other, ConferenceJoined) == []

    two(phone, third)
    assert hall.at("/after")[0]["DialCallStatus"] == "failed"


def test_callbacks_may_be_lost_or_come_twice(hall: ScriptedService, phone: Phone) -> None:
    document = room(f'statusCallback="/room" statusCallbackEvent="{EVENTS}" beep="false"')
    hall.on("/voice", document)
    two(phone, pause, faults=Faults(lose_callback=True))
    assert told(hall) == []
    two(phone, pause, faults=Faults(duplicate_callback=2))
    assert told(hall)[:2] == ["participant-join", "participant-join"]
    assert len(told(hall)) == 12


def test_a_verb_that_may_not_wait_breaks_only_the_waiting(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.strict = False
    hall.on("/voice", room('waitUrl="/wait" beep="false"')).on("/wait", "<Gather/>")
    first, _ = two(phone, pause)
    assert names(first, Bridged) == ["Bridged"]


def test_a_conference_recorded_from_its_start_is_told_by_its_own_id(
    hall: ScriptedService, phone: Phone
) -> None:
    hall.on(
        "/voice",
        room('record="record-from-start" recordingStatusCallback="/rec" beep="false"'),
    ).on("/rec", "")
    two(phone, pause)
    (report,) = hall.at("/rec")
    assert report["ConferenceSid"].startswith("CF") and "CallSid" not in report
    assert (report["RecordingSource"], report["RecordingStatus"]) == ("Conference", "completed")
    assert int(report["RecordingDuration"]) == 10
