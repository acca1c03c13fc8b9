"""Say, Play and Pause: how long they last, and what is fetched."""

from __future__ import annotations

import asyncio

import pytest
from scripted_service import Phone, Reply, ScriptedService

from ivr.carrier.audio import silence, wav
from ivr.carrier.call import Call
from ivr.carrier.events import PlayFinished, PlayStarted, Warned


def heard(call: Call) -> list[tuple[str, float]]:
    return [
        (event.kind, event.seconds) for event in call.line.events if isinstance(event, PlayStarted)
    ]


def test_fifteen_characters_are_a_second(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", f'<Say language="pt-BR">{"abcde " * 5}</Say>')
    assert heard(phone.call()) == [("say", pytest.approx(29 / 15))]


def test_a_wav_lasts_as_long_as_it_is(service: ScriptedService, phone: Phone) -> None:
    service.sound("/a.wav", 3.25).on("/voice", '<Play loop="2">/a.wav</Play>')
    call = phone.call()
    assert heard(call) == [("play", 3.25), ("play", 3.25)]
    assert call.answered_at is not None and call.ended_at is not None
    assert (call.ended_at - call.answered_at).total_seconds() == pytest.approx(6.52)


def test_tones_and_their_pauses(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", '<Play digits="1wW2"/>')
    assert heard(phone.call()) == [("tones", pytest.approx(0.2 + 0.5 + 1.0 + 0.2))]


def test_the_media_request_carries_no_call_fields(service: ScriptedService, phone: Phone) -> None:
    service.sound("/a.wav", 1.0).on("/voice", "<Play>/a.wav?v=2</Play>")
    phone.call()
    (seen,) = (seen for seen in service.seen if seen.path == "/a.wav")
    assert (seen.method, seen.uri, seen.fields) == ("GET", "/a.wav?v=2", {"v": "2"})
    assert "X_TWILIO_SIGNATURE" not in seen.headers


@pytest.mark.parametrize(
    ("headers", "requests"),
    [
        ({}, 2),
        ({"ETag": '"1"'}, 2),
        ({"Cache-Control": "max-age=60"}, 1),
        ({"Cache-Control": "no-store, max-age=60"}, 2),
        ({"Cache-Control": "max-age=2"}, 2),
    ],
)
def test_sounds_are_kept_as_their_headers_allow(
    service: ScriptedService, phone: Phone, headers: dict[str, str], requests: int
) -> None:
    service.sound("/a.wav", 1.0, **headers)
    service.on("/voice", "<Play>/a.wav</Play><Pause length='4'/><Play>/a.wav</Play>")
    assert len(heard(phone.call())) == 2
    assert service.paths.count("/a.wav") == requests


def test_an_etag_is_asked_about_and_304_plays_what_is_kept(
    service: ScriptedService, phone: Phone
) -> None:
    sound = Reply(wav(silence(1)), kind="audio/wav", headers={"ETag": '"v1"'})
    service.on("/a.wav", sound, Reply("", status="304 Not Modified", kind=""))
    service.on("/voice", "<Play>/a.wav</Play><Play>/a.wav</Play>")
    assert heard(phone.call()) == [("play", 1.0), ("play", 1.0)]
    asked = [seen.headers.get("IF_NONE_MATCH") for seen in service.seen if seen.path == "/a.wav"]
    assert asked == [None, '"v1"']


@pytest.mark.parametrize(
    ("reply", "inside", "code"),
    [
        (Reply("gone", status="404 No"), "<Play>/a.wav</Play>", 11200),
        (Reply("<html/>", kind="text/html"), "<Play>/a.wav</Play>", 13420),
        (Reply("RIFF", kind="audio/wav"), "<Play>/a.wav</Play>", 13420),
        (
            Reply("<html/>", kind="text/html"),
            '<Gather action="/x"><Play>/a.wav</Play></Gather>',
            13325,
        ),
    ],
)
def test_a_sound_that_cannot_be_played_is_an_error(
    service: ScriptedService, phone: Phone, reply: Reply, inside: str, code: int
) -> None:
    service.on("/a.wav", reply).on("/voice", inside)
    call = phone.call()
    assert [event.code for event in call.line.events if isinstance(event, Warned)] == [code]
    fields = service.at("/fallback")[0]
    assert (fields["ErrorCode"], fields["ErrorUrl"]) == (str(code), "http://ivr.test/a.wav")


def test_hanging_up_stops_the_sound(service: ScriptedService, phone: Phone) -> None:
    service.sound("/a.wav", 60.0).on("/voice", "<Play>/a.wav</Play><Redirect>/next</Redirect>")

    async def leave(call: Call) -> None:
        await call.handset.listen().until(PlayStarted)
        await asyncio.sleep(2)
        assert call.handset.playing is not None and call.handset.playing.seconds == 60
        call.handset.hang_up()

    call = phone.call(leave)
    assert [event.stopped for event in call.line.events if isinstance(event, PlayFinished)] == [
        True
    ]
    assert call.handset.playing is None
    assert (call.seconds, "/next" in service.paths) == (2, False)
