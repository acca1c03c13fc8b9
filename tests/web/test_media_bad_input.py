"""What no carrier sends, more of it than a line brings, and streams that end at any point."""

from __future__ import annotations

import gc
import json
import os
import random
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from web.media_line import (
    CALL,
    STREAM,
    DeafRecogniser,
    Line,
    ScriptedTurns,
    Service,
    gather,
    media_message,
    service,
    start_message,
)

from ivr.flow.events import Digits, NoInput
from ivr.flow.verbs import Utterance
from ivr.ports.store import StoreUnavailableError
from ivr.service.stream import pace
from ivr.service.turns import BusyError
from ivr.web import media_socket
from ivr.web.media_sounds import NoSoundError
from ivr.web.media_streams import TURN_THREADS

CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
FORMAT = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


def changed(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**message, **changes}


def media(**changes: Any) -> dict[str, Any]:
    whole = media_message(2, 1, 0)
    return changed(whole, media={**whole["media"], **changes})


BAD = {
    "binary": (1003, [CONNECTED, start_message(), b"\xff" * 160]),
    "binary first": (1003, [b"\0"]),
    "no JSON": (1008, [CONNECTED, start_message(), "{"]),
    "deep JSON": (1008, [CONNECTED, start_message(), "[" * 8000]),
    "a list": (1008, [CONNECTED, start_message(), "[]"]),
    "no event": (1008, [CONNECTED, {"protocol": "Call"}]),
    "sound before connected": (1008, [media_message(1, 1, 0)]),
    "sound before start": (1008, [CONNECTED, media_message(1, 1, 0)]),
    "start before connected": (1008, [start_message()]),
    "second start": (1008, [CONNECTED, start_message(), start_message("2")]),
    "second connected": (1008, [CONNECTED, start_message(), CONNECTED]),
    "another account": (1008, [CONNECTED, start_message(accountSid="AC" + "9" * 32)]),
    "two streams": (1008, [CONNECTED, start_message(streamSid="MZ" + "9" * 32)]),
    "no call": (1008, [CONNECTED, start_message(callSid="x")]),
    "linear sound": (
        1008,
        [CONNECTED, start_message(mediaFormat={**FORMAT, "encoding": "audio/l16"})],
    ),
    "16 kHz": (1008, [CONNECTED, start_message(mediaFormat={**FORMAT, "sampleRate": 16000})]),
    "stereo": (1008, [CONNECTED, start_message(mediaFormat={**FORMAT, "channels": 2})]),
    "both tracks": (1008, [CONNECTED, start_message(tracks=["inbound", "outbound"])]),
    "no token": (1008, [CONNECTED, start_message(customParameters={"n": "3"})]),
    "no turn": (1008, [CONNECTED, start_message(customParameters={"n": "x", "t": "t" * 64})]),
    "wrong token": (
        1008,
        [
            CONNECTED,
            start_message(customParameters={"n": "3", "t": "u" * 64}),
            media_message(2, 1, 0),
        ],
    ),
    "outbound sound": (1008, [CONNECTED, start_message(), media(track="outbound")]),
    "no base64": (1008, [CONNECTED, start_message(), media(payload="###")]),
    "no sound": (1008, [CONNECTED, start_message(), media(payload="")]),
    "much sound": (1008, [CONNECTED, start_message(), media_message(2, 1, 0, b"\xff" * 8001)]),
    "a figure as a number": (1008, [CONNECTED, start_message(), media(chunk=1)]),
    "backwards": (
        1008,
        [CONNECTED, start_message(), media_message(3, 2, 0), media_message(4, 1, 0)],
    ),
    "again": (1008, [CONNECTED, start_message(), media_message(2, 1, 0), media_message(2, 2, 0)]),
    "another stream": (
        1008,
        [CONNECTED, start_message(), changed(media_message(2, 1, 0), streamSid="MZ" + "9" * 32)],
    ),
    "no key": (
        1008,
        [
            CONNECTED,
            start_message(),
            {"event": "dtmf", "streamSid": STREAM, "sequenceNumber": "2", "dtmf": {"digit": "12"}},
        ],
    ),
    "stop of another call": (
        1008,
        [
            CONNECTED,
            start_message(),
            {"event": "stop", "streamSid": STREAM, "sequenceNumber": "2", "stop": {}},
        ],
    ),
    "a message too large": (1009, [CONNECTED, start_message(), "x" * 17_000]),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_the_carrier_would_not_send_ends_the_stream(name: str) -> None:
    code, messages = BAD[name]
    turns = ScriptedTurns([gather()])
    with service(turns) as running, capture_logs() as logs:
        line = running.line()
        for message in messages:
            line.message(message)
        assert line.over() == code
        assert running.settled()
    assert turns.events == []
    assert [entry["event"] for entry in logs] == ["media stream ended"]
    assert "t" * 64 not in repr(logs)


def test_the_same_messages_put_right_are_taken() -> None:
    """The control of the test above; an event that is not known yet is no fault."""
    turns = ScriptedTurns([gather(digits=1)])
    with service(turns) as running:
        line = running.line()
        line.start(mediaFormat={**FORMAT, "sampleRate": "8000", "channels": "1"})
        line.message({"event": "weather", "streamSid": STREAM, "sequenceNumber": "99"})
        line.frame()
        line.frame(b"\x80" * 31)
        line.until(lambda: bool(line.sound))
        line.key("5")
        assert line.over() == 1000
        assert running.settled()
    assert turns.events == [Digits(value="5")]
    assert turns.opened == [(CALL, 3, "t" * 64)]


def test_a_message_in_pieces_is_one_message() -> None:
    turns = ScriptedTurns([gather(digits=1)])
    with service(turns) as running:
        line = running.line()
        whole = json.dumps(CONNECTED).encode()
        line._wire.send_text(whole[:10], fin=False)
        line._wire.send_continuation(whole[10:], fin=True)
        line._write()
        line.message(start_message())
        line._sequence, line._chunk = iter(range(2, 9999)), iter(range(1, 9999))  # type: ignore[assignment]
        line.until(lambda: bool(line.sound))
        line.key("7")
        assert line.over() == 1000
    assert turns.events == [Digits(value="7")]


@pytest.mark.parametrize(
    ("keys", "question", "event"),
    [
        ("12", gather(digits=2), Digits(value="12")),
        ("1", gather(timeout=2), Digits(value="1")),
        ("34#", gather(), Digits(value="34", ended_by="#")),
        ("#", gather(), NoInput()),
        ("1#*", gather(digits=3, finish=""), Digits(value="1#*")),
        ("", gather(timeout=1, mode="keys"), NoInput()),
    ],
)
def test_keys_are_collected_as_a_gather_does(keys: str, question: Any, event: Any) -> None:
    turns = ScriptedTurns([question])
    with service(turns) as running:
        line = running.line(ahead=100)
        line.start()
        line.until(lambda: bool(line.sound))
        for digit in keys:
            line.key(digit)
        line.until(lambda: bool(turns.events))
        assert line.over() == 1000
    assert turns.events == [event]
    assert line.clears == (1 if keys else 0)


def test_a_carrier_without_marks_still_gets_its_answer() -> None:
    turns = ScriptedTurns([gather(timeout=1)])
    with service(turns) as running:
        line = running.line(plays=False, ahead=100)
        line.start()
        line.until(lambda: bool(turns.events))
    assert turns.events == [NoInput()]
    assert 6_000 <= line.ms <= 9_000


def test_sound_faster_than_the_line_is_cut_off() -> None:
    with service(ScriptedTurns([gather(timeout=60)]), speed=1.0) as running:
        line = running.line(ahead=1e6)
        line.start()
        line.hush(14_000)
        assert line.over() == 1008
        assert 9_000 <= line.ms <= 14_000


def test_messages_without_sound_are_cut_off_too() -> None:
    with service(ScriptedTurns([gather()]), speed=1.0) as running:
        line = running.line()
        line.start()
        line.until(lambda: bool(line.sound))
        for _ in range(2000):
            line.message({"event": "weather", "streamSid": STREAM})
        assert line.over() == 1008


def test_a_stream_does_not_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace.Pace, "__init__", _short_pace)
    with service(ScriptedTurns([gather(timeout=60)])) as running:
        line = running.line(ahead=200)
        line.start()
        line.hush(6_000)
        assert line.over() == 1008


def _short_pace(self: Any, *, speed: float, began: float) -> None:
    self.speed, self.began, self.ms, self.longest_ms = speed, began, 0.0, 4000.0
    self.messages = 0


@pytest.mark.parametrize("started", [True, False])
def test_a_line_that_says_nothing_is_let_go(started: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_socket, "IDLE_S", 0.3)
    monkeypatch.setattr(media_socket, "START_S", 0.3)
    monkeypatch.setattr("ivr.web.media_streams.TICK_S", 0.05)
    with service(ScriptedTurns([gather()])) as running:
        line = running.line()
        if started:
            line.start()
            line.frame()
        began = time.monotonic()
        assert line.over() == (1001 if started else 1008)
        assert time.monotonic() - began < 2


def test_a_line_that_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_socket, "UNREAD_S", 0.3)
    monkeypatch.setattr("ivr.web.media_streams.TICK_S", 0.05)
    long = gather(speech=(Utterance(prompt="long"),) * 8)
    with service(ScriptedTurns([long])) as running, capture_logs() as logs:
        line = running.line()
        line.start()
        assert running.settled(5)
    assert [entry["why"] for entry in logs] == ["does not read"]


def test_a_process_takes_so_many_streams_and_no_more() -> None:
    with service(ScriptedTurns([gather()]), most=3) as running:
        lines = [running.line() for _ in range(3)]
        assert not running.streams.reserve()
        lines[0].close()
        end = time.monotonic() + 3
        while running.streams.count > 2 and time.monotonic() < end:
            time.sleep(0.01)
        running.line().start()


@pytest.mark.parametrize("error", [BusyError(), StoreUnavailableError(), KeyError("12345678909")])
def test_a_turn_that_cannot_be_taken_ends_the_stream(error: Exception) -> None:
    turns = ScriptedTurns([gather(digits=1)], broken=error)
    with service(turns) as running, capture_logs() as logs:
        line = running.line()
        line.start()
        line.until(lambda: bool(line.sound))
        line.key("1")
        assert line.over() == 1011
        assert running.settled()
    assert "12345678909" not in repr(logs)
    assert logs[0]["error"] == type(error).__name__


def test_an_engine_that_fails_ends_the_stream_and_is_freed() -> None:
    deaf = DeafRecogniser()
    deaf.broken = True
    with service(ScriptedTurns([gather()]), deaf) as running:
        line = running.line()
        line.start()
        line.hush(3000)
        assert line.over() == 1011
        assert running.settled()
    assert deaf.open == 0


def test_a_prompt_without_audio_ends_the_stream() -> None:
    class Mute:
        def clips(self, speech: Any) -> Any:
            raise NoSoundError

    with service(ScriptedTurns([gather()]), sounds=Mute()) as running:
        line = running.line()
        line.start()
        assert line.over() == 1011


def test_a_service_that_ends_says_farewell_to_every_line() -> None:
    deaf = DeafRecogniser()
    with service(ScriptedTurns([gather()]), deaf) as running:
        lines = [running.line() for _ in range(5)]
        for line in lines:
            line.start()
            line.hush(200)
        running.streams.stop()
        assert [line.over() for line in lines] == [1001] * 5
        assert not running.streams.reserve()
        assert deaf.open == 0
        running.streams.stop()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait_for_prompt(line: Line) -> None:
    for _ in range(50):
        if line.sound or line.ended:
            return
        line.drain(0.002)


def dropped_anywhere(running: Service, chance: random.Random) -> None:
    """A stream that ends at a point of its life, in one of the ways in which lines end."""
    line = running.line(ahead=1e6)
    steps = [
        lambda: line.message(CONNECTED),
        lambda: line.message(start_message()),
        *[line.frame] * 5,
        lambda: wait_for_prompt(line) if chance.random() < 0.5 else None,
        *[line.frame] * 20,
        lambda: line.key("1"),
        lambda: line.key("2"),
        *[line.frame] * 10,
    ]
    line._sequence = iter(range(2, 9999))  # type: ignore[assignment]
    for step in steps[: chance.randrange(len(steps) + 1)]:
        step()
    if chance.random() < 0.2:
        time.sleep(0.01)
    match chance.randrange(3):
        case 0:
            line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        case 1:
            line._wire.send_close(1000) if not line.ended else None
            line._write()
        case 2:
            line.message("garbage")
    line.close()


def test_streams_dropped_at_every_point_leave_nothing_behind() -> None:
    deaf = DeafRecogniser()
    turns = ScriptedTurns([gather(digits=2)] * 2000, slow=0.001)
    chance = random.Random(11)
    most_threads = threading.active_count() + 1 + TURN_THREADS + (os.cpu_count() or 1)
    with service(turns, deaf, most=100) as running:
        for _ in range(60):
            dropped_anywhere(running, chance)
        assert running.settled()
        gc.collect()
        files, memory = open_files(), resident()
        for _ in range(300):
            dropped_anywhere(running, chance)
        assert running.settled()
        gc.collect()
        assert open_files() <= files + 1
        assert threading.active_count() <= most_threads
        assert resident() - memory < 8 * 1024 * 1024
        assert deaf.open == 0
    assert len(turns.events) > 5
