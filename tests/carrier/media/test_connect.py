"""<Connect><Stream>: what goes over the WebSocket, and what the call does with it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from media_peer import Behave, MediaPeers, Peer
from scripted_service import ACCOUNT, CITIZEN, DESK, TOKEN, Phone, ScriptedService

from ivr.carrier.call import Call, Goto, Replaced
from ivr.carrier.events import MarkReached, PlayFinished, PlayStarted, StreamEnded, StreamStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.media.mulaw import FRAME, SILENCE

AFTER = "<Redirect>/after</Redirect>"
VOICE = bytes(range(1, 161))
"""A frame that is no silence."""


async def does_nothing(call: Call) -> None:
    return None


class Streamed:
    """A call whose document connects a stream to a peer."""

    def __init__(self, phone: Phone, service: ScriptedService) -> None:
        self.phone = phone
        self.service = service.on("/after", "<Hangup/>").on("/stream-status", "")
        self.peers: MediaPeers

    def run(
        self,
        behave: Behave,
        caller: Callable[[Call], Awaitable[None]] = does_nothing,
        *,
        attributes: str = "",
        inside: str = "",
        refuse: int = 0,
        url: str = "",
        before: str = "",
        connect: str = "",
    ) -> Call:
        async def work(exchange: Exchange) -> Call:
            self.peers = MediaPeers(behave, token=TOKEN, refuse=refuse)
            async with self.peers.running():
                self.service.on(
                    "/voice",
                    f"{before}<Connect {connect}>"
                    f'<Stream url="{url or self.peers.url}" {attributes}>'
                    f"{inside}</Stream></Connect>{AFTER}",
                )
                call = exchange.call(from_=CITIZEN, to=DESK)
                await caller(call)
                await call.finished()
            return call

        call = self.phone.run(work)
        assert isinstance(call, Call)
        assert self.peers.complaints == []
        return call

    @property
    def peer(self) -> Peer:
        (peer,) = self.peers.peers
        return peer

    @property
    def codes(self) -> list[int]:
        return [entry.problem.code for entry in self.phone.exchange.errors]


@pytest.fixture
def streamed(phone: Phone, service: ScriptedService) -> Streamed:
    return Streamed(phone, service)


def events(call: Call, kind: type[Any]) -> list[Any]:
    return [event for event in call.line.events if isinstance(event, kind)]


async def frames(peer: Peer, count: int) -> None:
    """Wait for so many frames more."""
    wanted = len(peer.all("media")) + count
    await peer.until(lambda: len(peer.all("media")) >= wanted)


def test_the_stream_begins_as_published_and_the_call_goes_on_when_the_server_closes_it(
    streamed: Streamed,
) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 50)

    call = streamed.run(
        behave, inside='<Parameter name="n" value="3"/><Parameter name="t" value="abc"/>'
    )
    start = streamed.peer.seen[1]
    assert start["start"] == {
        "accountSid": ACCOUNT,
        "streamSid": start["streamSid"],
        "callSid": call.sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"n": "3", "t": "abc"},
    }
    assert start["streamSid"].startswith("MZ") and len(start["streamSid"]) == 34
    assert streamed.peer.heard[: 50 * FRAME] == SILENCE * 50 * FRAME
    assert len(streamed.service.at("/after")) == 1
    assert streamed.peer.all("stop") == []
    (ended,) = events(call, StreamEnded)
    assert (ended.reason, ended.code) == ("closed", 0)
    assert ended.seconds == pytest.approx(1.0, abs=0.5)
    assert streamed.codes == []


def test_time_on_the_line_and_in_the_stream_pass_together(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 200)

    call = streamed.run(behave)
    (started,), (ended,) = events(call, StreamStarted), events(call, StreamEnded)
    passed = (ended.at - started.at).total_seconds()
    assert passed == pytest.approx(ended.seconds, abs=0.2)


def test_keys_come_as_dtmf_and_those_pressed_before_are_not_lost(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await peer.until(lambda: peer.keys == "129#*")

    async def caller(call: Call) -> None:
        call.handset.press("12")
        await call.handset.listen().until(StreamStarted)
        await asyncio.sleep(1)
        call.handset.press("9#*")

    streamed.run(behave, caller)
    assert {each["dtmf"]["track"] for each in streamed.peer.all("dtmf")} == {"inbound_track"}


def test_what_the_caller_says_arrives_sample_for_sample(streamed: Streamed) -> None:
    said = bytes((7 * each) % 101 for each in range(3 * FRAME + 40))

    async def behave(peer: Peer) -> None:
        await frames(peer, 100)

    async def caller(call: Call) -> None:
        await call.handset.listen().until(StreamStarted)
        await asyncio.sleep(0.5)
        call.handset.speak_mulaw(said)

    streamed.run(behave, caller)
    assert streamed.peer.heard.strip(SILENCE) == said.strip(SILENCE)


def test_live_sound_of_a_microphone_goes_out_too(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await peer.until(lambda: VOICE * 20 in peer.heard)

    async def caller(call: Call) -> None:
        await call.handset.listen().until(StreamStarted)
        for _ in range(30):
            call.handset.microphone(VOICE)
            await asyncio.sleep(0.02)

    streamed.run(behave, caller)


def test_sound_is_played_at_the_pace_of_the_line_and_marks_come_back_when_it_is_heard(
    streamed: Streamed,
) -> None:
    async def behave(peer: Peer) -> None:
        await peer.mark("first")
        await peer.media(VOICE * 25)
        await peer.mark("half")
        await peer.media(VOICE[:100])
        await peer.mark("end")
        await peer.until(lambda: "end" in peer.marks)

    call = streamed.run(behave)
    assert streamed.peer.marks == ["first", "half", "end"]
    assert bytes(call.handset.heard) == VOICE * 25 + VOICE[:100]
    first, half, end = events(call, MarkReached)
    assert (half.at - first.at).total_seconds() == pytest.approx(0.5, abs=0.15)
    assert not (first.cleared or half.cleared or end.cleared)
    (began,), (over,) = events(call, PlayStarted), events(call, PlayFinished)
    assert (began.kind, over.stopped) == ("stream", False)


def test_clear_empties_the_buffer_and_returns_the_marks(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await peer.media(VOICE * 500)
        await peer.mark("a")
        await peer.mark("b")
        await frames(peer, 25)
        await peer.clear()
        await peer.until(lambda: peer.marks == ["a", "b"])
        await peer.media(VOICE)
        await peer.mark("c")
        await peer.until(lambda: "c" in peer.marks)

    call = streamed.run(behave)
    assert len(call.handset.heard) < 200 * FRAME
    assert [event.cleared for event in events(call, MarkReached)] == [True, True, False]
    assert events(call, PlayFinished)[0].stopped


def test_prompts_are_known_by_their_sound(streamed: Streamed) -> None:
    one, two = bytes(VOICE * 20), bytes(VOICE[::-1] * 31 + b"end")
    url = "http://ivr.test/prompts/main.menu.wav"

    async def behave(peer: Peer) -> None:
        for at in range(0, len(one), 700):
            await peer.media(one[at : at + 700])
        await peer.media(two)
        await peer.media(b"\x11" * 400)
        await peer.mark("end")
        await peer.until(lambda: "end" in peer.marks)

    async def caller(call: Call) -> None:
        streamed.phone.exchange.known_sounds.add(url, one)
        streamed.phone.exchange.known_sounds.add(url + "2", two)

    call = streamed.run(behave, caller)
    assert [event.url for event in events(call, PlayStarted)] == [url, url + "2", ""]
    assert bytes(call.handset.heard) == one + two + b"\x11" * 400


def test_a_caller_who_hangs_up_ends_the_stream_with_stop(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await peer.until(lambda: bool(peer.all("stop")))

    async def caller(call: Call) -> None:
        await call.handset.listen().until(StreamStarted)
        await asyncio.sleep(1)
        call.handset.hang_up()

    call = streamed.run(behave, caller)
    assert streamed.peer.seen[-1]["stop"] == {"accountSid": ACCOUNT, "callSid": call.sid}
    assert [event.reason for event in events(call, StreamEnded)] == ["stopped"]
    assert streamed.service.at("/after") == []
    assert call.status == "completed"


def test_another_document_takes_over_at_once(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await peer.until(lambda: bool(peer.all("stop")))

    async def caller(call: Call) -> None:
        await call.handset.listen().until(StreamStarted)
        await asyncio.sleep(1)
        call.interrupt(Replaced(Goto(url="http://ivr.test/after")))

    streamed.run(behave, caller)
    assert len(streamed.service.at("/after")) == 1


async def _never(peer: Peer) -> None:
    raise AssertionError("nobody was to be connected")


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refused_handshake_goes_on_with_the_next_verb(streamed: Streamed, status: int) -> None:
    call = streamed.run(_never, refuse=status)
    assert len(streamed.service.at("/after")) == 1
    assert [event.reason for event in events(call, StreamEnded)] == ["refused"]
    assert streamed.codes == [31920]


def test_nobody_at_the_address_goes_on_with_the_next_verb(streamed: Streamed) -> None:
    streamed.run(_never, url="ws://127.0.0.1:9/voice/media")
    assert len(streamed.service.at("/after")) == 1
    assert streamed.codes == [31902]


@pytest.mark.parametrize(
    ("code", "problem"), [(1000, None), (1001, None), (1011, 31921), (4000, 31921)]
)
def test_how_the_server_closes_is_told(streamed: Streamed, code: int, problem: int | None) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 5)
        await peer.socket.close(code)

    streamed.run(behave)
    assert len(streamed.service.at("/after")) == 1
    assert streamed.codes == ([] if problem is None else [problem])


def test_a_connection_that_breaks_goes_on_with_the_next_verb(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 5)
        peer.socket.transport.abort()
        await asyncio.sleep(0.5)

    call = streamed.run(behave)
    assert len(streamed.service.at("/after")) == 1
    assert streamed.codes == [31903]
    assert [event.reason for event in events(call, StreamEnded)] == ["lost"]


def test_binary_and_malformed_messages_are_told_once_and_change_nothing(
    streamed: Streamed,
) -> None:
    async def behave(peer: Peer) -> None:
        sound = base64.b64encode(VOICE).decode()
        for _ in range(2):
            await peer.socket.send(b"\x00\x01")
        for bad in [
            "no json",
            "[]",
            json.dumps({"event": "speak", "streamSid": peer.sid}),
            json.dumps({"event": "media", "streamSid": "MZ0", "media": {"payload": sound}}),
            json.dumps({"event": "media", "streamSid": peer.sid, "media": {"payload": "?"}}),
            json.dumps(
                {"event": "media", "streamSid": peer.sid, "media": {"payload": sound, "x": 1}}
            ),
            json.dumps({"event": "mark", "streamSid": peer.sid, "mark": {"name": 7}}),
            json.dumps({"event": "clear", "streamSid": peer.sid, "clear": {}}),
        ]:
            await peer.socket.send(bad)
        await peer.mark("after")
        await peer.until(lambda: "after" in peer.marks)

    call = streamed.run(behave)
    assert streamed.codes == [31950, 31951]
    assert call.handset.heard == b""


def test_the_status_callback_tells_of_the_stream(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 5)

    call = streamed.run(behave, attributes='name="fala" statusCallback="/stream-status"')
    told = streamed.service.at("/stream-status")
    assert [each["StreamEvent"] for each in told] == ["stream-started", "stream-stopped"]
    assert {each["StreamName"] for each in told} == {"fala"}
    assert {(each["CallSid"], each["StreamSid"]) for each in told} == {
        (call.sid, streamed.peer.sid)
    }
    assert told[0]["Timestamp"].endswith("Z")


def test_the_status_callback_tells_why_there_is_no_stream(streamed: Streamed) -> None:
    streamed.run(_never, refuse=403, attributes='statusCallback="/stream-status"')
    (told,) = streamed.service.at("/stream-status")
    assert told["StreamEvent"] == "stream-error" and "31920" in told["StreamError"]


def test_an_action_takes_over_after_the_stream(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 2)

    streamed.service.on("/done", "<Hangup/>")
    streamed.run(behave, connect='action="/done"')
    assert (len(streamed.service.at("/done")), streamed.service.at("/after")) == (1, [])


def test_noise_of_the_line_is_behind_everything(streamed: Streamed) -> None:
    async def behave(peer: Peer) -> None:
        await frames(peer, 50)

    async def caller(call: Call) -> None:
        call.handset.background = b"\x00\x10\x00\xf0" * 300

    streamed.run(behave, caller)
    assert SILENCE * 10 not in streamed.peer.heard
