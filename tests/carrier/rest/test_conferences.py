"""Conferences and participants by REST, each answer judged by Twilio's own description."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openapi_judge import Judge
from scripted_service import CITIZEN, DESK, ScriptedService
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.carrier.call import Call
from ivr.carrier.dialplan import Numbers, answers
from ivr.carrier.events import (
    Bridged,
    ConferenceJoined,
    HungUp,
    OtherSpoke,
    PlayStarted,
    StatusChanged,
)
from ivr.carrier.exchange import Exchange

ROOM = '<Dial action="/after"><Conference beep="false" waitUrl="">sala</Conference></Dial>'


@pytest.fixture
def hall(service: ScriptedService) -> ScriptedService:
    service.on("/voice", ROOM).on("/after", "<Hangup/>").on("/rec", "")
    service.sound("/music.wav", 5.0).on("/hold", "<Play>/music.wav</Play>")
    return service.on("/say", '<Say language="pt-BR">Aviso.</Say>')


def wrong(judge: Judge) -> list[str]:
    """Twilio's description forgets that nothing has ended a conference that goes on."""
    return [each for each in judge.complaints if "reason_conference_ended: None" not in each]


async def in_room(exchange: Exchange, number: str = CITIZEN) -> Call:
    call = exchange.call(from_=number, to=DESK)
    await call.handset.listen().until(ConferenceJoined)
    return call


def test_a_participant_is_held_muted_and_released(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        (found,) = twilio.conferences.list(friendly_name="sala", status="in-progress")
        held = found.participants(first.sid).update(hold=True, hold_url="http://ivr.test/hold")
        assert (held.hold, held.muted, held.status) == (True, False, "connected")
        await asyncio.sleep(1)
        assert [p.call_sid for p in found.participants.list(hold=True)] == [first.sid]
        assert first.handset.playing is not None
        assert first.handset.playing.url == "http://ivr.test/music.wav"
        released = found.participants(first.sid).update(hold=False)
        await asyncio.sleep(1)
        assert released.hold is False and first.handset.playing is None
        assert twilio.conferences(found.sid).participants(second.sid).update(muted=True).muted
        assert found.participants(second.sid).fetch().muted
        first.handset.hang_up()
        second.handset.hang_up()

    rest(work)
    assert wrong(judge) == [] and judge.judged >= 6


def test_an_ended_conference_sends_all_to_their_action(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        (found,) = twilio.conferences.list(friendly_name="sala")
        ended = twilio.conferences(found.sid).update(status="completed")
        assert ended.status == "completed"
        assert ended.reason_conference_ended == "conference-ended-via-api"
        for call in (first, second):
            await call.handset.listen().until(HungUp)
        assert twilio.conferences.list(friendly_name="sala", status="in-progress") == []

    rest(work)
    assert [fields["DialCallStatus"] for fields in hall.at("/after")] == ["answered"] * 2
    assert wrong(judge) == []


def test_a_removed_participant_goes_on_behind_its_dial(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        (found,) = twilio.conferences.list(friendly_name="sala")
        assert found.participants(first.sid).delete()
        await first.handset.listen().until(HungUp)
        assert not second.ended
        with pytest.raises(TwilioRestException) as failure:
            found.participants(first.sid).fetch()
        assert failure.value.status == 404
        second.handset.hang_up()

    rest(work)
    assert hall.at("/after")[0]["DialCallStatus"] == "answered"
    assert wrong(judge) == []


def test_somebody_is_called_into_the_room_with_a_label(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        exchange.dial_plan = Numbers({"client:ana": answers(after=3)})
        first = await in_room(exchange)
        made = twilio.conferences("sala").participants.create(
            from_=DESK, to="client:ana", label="agente", end_conference_on_exit=True, beep="false"
        )
        assert (made.status, made.label) == ("queued", "agente")
        await first.handset.listen().until(Bridged)
        assert made.call_sid is not None
        found = twilio.conferences(made.conference_sid).participants("agente").fetch()
        assert found.call_sid == made.call_sid and found.end_conference_on_exit
        exchange.calls[made.call_sid].handset.hang_up()
        await first.handset.listen().until(HungUp)

    rest(work)
    assert wrong(judge) == []


def test_an_announcement_is_heard_by_the_one_or_by_all(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> list[int]:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        (found,) = twilio.conferences.list(friendly_name="sala")
        found.participants(first.sid).update(announce_url="http://ivr.test/say")
        await asyncio.sleep(3)
        twilio.conferences(found.sid).update(announce_url="http://ivr.test/say")
        await asyncio.sleep(3)
        heard = [
            sum(isinstance(e, PlayStarted) and e.kind == "say" for e in call.line.events)
            for call in (first, second)
        ]
        first.handset.hang_up()
        second.handset.hang_up()
        return heard

    assert rest(work) == [2, 1]
    assert wrong(judge) == []


def test_a_conversation_is_recorded_on_two_channels_paused_and_deleted(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        tone = b"\x10\x00" * 8000
        recordings = twilio.calls(first.sid).recordings
        made = recordings.create(
            recording_channels="dual", recording_status_callback="http://ivr.test/rec"
        )
        await asyncio.sleep(1)
        from ivr.carrier.audio import wav

        first.handset.speak_wav(wav(tone))
        await asyncio.sleep(2)
        assert recordings(made.sid).update(status="paused").status == "paused"
        second.handset.speak_wav(wav(tone))
        await asyncio.sleep(5)
        assert recordings(made.sid).update(status="in-progress").status == "in-progress"
        second.handset.speak_wav(wav(tone))
        await asyncio.sleep(2)
        recordings(made.sid).update(status="stopped")
        kept = exchange.recordings[made.sid]
        assert (kept.channels, kept.duration) == (2, 5)
        sound = kept.wav()
        frames = sound[44:]
        assert sound[22:24] == b"\x02\x00" and len(frames) == 5 * 8000 * 4
        own = [i for i in range(0, len(frames), 4) if frames[i : i + 2] != b"\0\0"]
        far = [i for i in range(0, len(frames), 4) if frames[i + 2 : i + 4] != b"\0\0"]
        assert (len(own), len(far)) == (8000, 8000), "what was said in the pause is not kept"
        assert min(own) // 32000 == 1 and min(far) // 32000 == 3
        assert twilio.calls(first.sid).recordings(made.sid).delete()
        with pytest.raises(TwilioRestException):
            twilio.recordings(made.sid).fetch()
        first.handset.hang_up()
        second.handset.hang_up()

    rest(work)
    assert hall.at("/rec")[0]["RecordingChannels"] == "2"
    assert wrong(judge) == []


def test_what_is_no_conference_is_not_found(rest: Any, hall: ScriptedService) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        for ask in (
            lambda: twilio.conferences("CF" + "0" * 32).fetch(),
            lambda: twilio.conferences("CF" + "0" * 32).participants("x").update(muted=True),
            lambda: twilio.conferences("CF" + "0" * 32).participants.create(from_=DESK, to=CITIZEN),
        ):
            with pytest.raises(TwilioRestException) as failure:
                ask()
            assert failure.value.status == 404

    rest(work)


def test_client_and_sip_addresses_ring_where_the_plan_lets_them(
    rest: Any, hall: ScriptedService
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> None:
        exchange.dial_plan = Numbers(addresses=answers(after=1, talks=5))
        for to in ("client:ana?oferta=1", "sip:ana@desk.example", CITIZEN):
            made = twilio.calls.create(to=to, from_=DESK, url="http://ivr.test/say")
            call = exchange.calls[str(made.sid)]
            await call.finished()
            assert call.to == to.partition("?")[0]
            rang = [e.status for e in call.line.events if isinstance(e, StatusChanged)]
            assert ("in-progress" in rang) == (to != CITIZEN), to

    rest(work)


def test_a_third_one_listens_coaches_one_and_joins_by_one_request_each(
    rest: Any, hall: ScriptedService, judge: Judge
) -> None:
    async def work(exchange: Exchange, twilio: Client) -> list[list[str]]:
        first, second = await in_room(exchange), await in_room(exchange, "+5567988880000")
        third = await in_room(exchange, "+5567977770000")
        (found,) = twilio.conferences.list(friendly_name="sala")
        member = found.participants(third.sid)
        for word, changes in (
            ("listens", {"muted": True, "coaching": False}),
            ("coaches", {"muted": False, "coaching": True, "call_sid_to_coach": second.sid}),
            ("joins", {"muted": False, "coaching": False}),
            ("coaches", {"muted": False, "coaching": True, "call_sid_to_coach": second.sid}),
            ("listens", {"muted": True, "coaching": False}),
        ):
            now = member.update(**changes)
            assert (now.muted, now.coaching) == (changes["muted"], changes["coaching"])
            third.handset.speak(word, seconds=0.2)
            await asyncio.sleep(0.5)
        for call, word in ((first, "one"), (second, "two")):
            call.handset.speak(word, seconds=0.2)
            await asyncio.sleep(0.5)
        with pytest.raises(TwilioRestException):
            member.update(coaching=True, call_sid_to_coach="CA" + "0" * 32)
        heard = [
            [e.text for e in call.line.events if isinstance(e, OtherSpoke)]
            for call in (first, second, third)
        ]
        for call in (first, second, third):
            call.handset.hang_up()
        return heard

    assert rest(work) == [
        ["joins", "two"],
        ["coaches", "joins", "coaches", "one"],
        ["one", "two"],
    ]
    assert wrong(judge) == []
