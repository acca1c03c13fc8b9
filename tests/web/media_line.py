"""The carrier's end of a media stream: frames of a caller, playback with marks, in stream time."""

from __future__ import annotations

import base64
import itertools
import json
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from websockets.frames import Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from ivr.adapters.speech.telephone_wav import mulaw_of
from ivr.flow.events import Event
from ivr.flow.verbs import Gather, Say, Utterance
from ivr.ports.speech import Grammar, Heard, Recogniser, SpeechError
from ivr.service.streams import StreamTurn
from ivr.web.media_sounds import Clip, clip_of
from ivr.web.media_streams import MediaStreams

SPEECH = Path(__file__).resolve().parents[1] / "fixtures" / "speech"
MODEL = SPEECH / "model-pt-8k-test-only"
ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "1" * 32
STREAM = "MZ" + "2" * 32
TOKEN = "t" * 64
FRAME = 160
SILENCE = b"\xff" * FRAME
AHEAD = 40.0
"""Times real time at which the tests send."""


def sample(file: str) -> bytes:
    """µ-law of a recording."""
    return mulaw_of((SPEECH / "samples" / f"{file}.wav").read_bytes())


class Line:
    """One stream. ``plays``: whether sound is played and marks come back."""

    def __init__(self, sock: socket.socket, *, plays: bool = True, ahead: float = AHEAD) -> None:
        self.sock = sock
        self._wire = Protocol(CLIENT, state=OPEN)
        self._plays, self._ahead = plays, ahead
        self._sequence = itertools.count(1)
        self._chunk = itertools.count(1)
        self._queue: list[tuple[str, float]] = []
        self.ms = 0
        """Stream time."""
        self.marks: list[str] = []
        self.clears = 0
        self.sound = b""
        """Everything that came to be played."""
        self.first_sound: list[float] = []
        self.got: list[dict[str, Any]] = []
        self.ended = False

    def start(self, **changes: Any) -> None:
        """The first two messages."""
        self.message({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        self.message(start_message(str(next(self._sequence)), **changes))

    def message(self, message: dict[str, Any] | str | bytes) -> None:
        """Any message, as it is; none once the other end has closed."""
        if self._wire.state is not OPEN:
            return
        if isinstance(message, bytes):
            self._wire.send_binary(message)
        else:
            text = message if isinstance(message, str) else json.dumps(message)
            self._wire.send_text(text.encode())
        self._write()

    def frame(self, mulaw: bytes = SILENCE) -> None:
        """20 ms of the caller's sound; what plays goes on meanwhile."""
        self.message(media_message(next(self._sequence), next(self._chunk), self.ms, mulaw))
        self.ms += 20
        self._play(20.0)
        if self.ms % 100 == 0:
            self.drain(0.1 / self._ahead)

    def say(self, mulaw: bytes) -> None:
        """A recording, frame by frame, as long as somebody listens."""
        for at in range(0, len(mulaw), FRAME):
            if self.ended:
                return
            self.frame(mulaw[at : at + FRAME].ljust(FRAME, b"\xff"))

    def key(self, digit: str) -> None:
        self.message(
            {
                "event": "dtmf",
                "streamSid": STREAM,
                "sequenceNumber": str(next(self._sequence)),
                "dtmf": {"track": "inbound_track", "digit": digit},
            }
        )

    def hush(self, ms: int) -> None:
        """Silence."""
        for _ in range(0, ms, 20):
            if self.ended:
                return
            self.frame()

    def until(self, true: Callable[[], bool], seconds: float = 10.0) -> None:
        """Silence until something is so. Raises AssertionError."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, (self.got[-3:], self.ended, self.ms)
            if self.ended:
                self.drain(0.01)
            else:
                self.frame()

    def over(self, seconds: float = 10.0) -> int:
        """Wait, without a frame, until the other end closes; its close code."""
        end = time.monotonic() + seconds
        while not self.ended:
            assert time.monotonic() < end, "the stream stays open"
            self.drain(0.05)
        return self._wire.close_rcvd.code if self._wire.close_rcvd else 1006

    def drain(self, seconds: float) -> None:
        """Take what comes within so long."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if self.ended:
                time.sleep(max(0.0, left))
                return
            ready, _, _ = select.select([self.sock], [], [], max(0.0, left))
            if not ready:
                return
            self._read()

    def close(self) -> None:
        self.sock.close()

    def _read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if getattr(event, "opcode", None) is Opcode.TEXT:
                self._take(json.loads(bytes(event.data)))
        if self._wire.close_rcvd:
            self.ended = True

    def _take(self, message: dict[str, Any]) -> None:
        self.got.append(message)
        assert message["streamSid"] == STREAM
        match message["event"]:
            case "media":
                sound = base64.b64decode(message["media"]["payload"], validate=True)
                self.first_sound.append(time.monotonic())
                self.sound += sound
                self._queue.append(("", len(sound) / 8))
            case "mark":
                self.marks.append(message["mark"]["name"])
                self._queue.append((message["mark"]["name"], 0.0))
            case "clear":
                self.clears += 1
                names = [name for name, _ in self._queue if name]
                self._queue.clear()
                for name in names:
                    self._echo(name)
            case other:
                raise AssertionError(other)

    def _play(self, ms: float) -> None:
        if not self._plays:
            return
        while self._queue and (self._queue[0][0] or ms > 0):
            name, length = self._queue.pop(0)
            if name:
                self._echo(name)
            elif length > ms:
                self._queue.insert(0, ("", length - ms))
                ms = 0
            else:
                ms -= length

    def _echo(self, name: str) -> None:
        self.message(
            {
                "event": "mark",
                "streamSid": STREAM,
                "sequenceNumber": str(next(self._sequence)),
                "mark": {"name": name},
            }
        )

    def _write(self) -> None:
        with suppress(OSError):
            for data in self._wire.data_to_send():
                self.sock.sendall(data)


def start_message(sequence: str = "1", **changes: Any) -> dict[str, Any]:
    """A start message; ``changes`` replace parts of its ``start``."""
    start = {
        "streamSid": STREAM,
        "accountSid": ACCOUNT,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"n": "3", "t": TOKEN},
    }
    return {
        "event": "start",
        "sequenceNumber": sequence,
        "streamSid": STREAM,
        "start": {**start, **changes},
    }


def media_message(sequence: int, chunk: int, ms: int, mulaw: bytes = SILENCE) -> dict[str, Any]:
    """Sound of the caller."""
    return {
        "event": "media",
        "sequenceNumber": str(sequence),
        "streamSid": STREAM,
        "media": {
            "track": "inbound",
            "chunk": str(chunk),
            "timestamp": str(ms),
            "payload": base64.b64encode(mulaw).decode(),
        },
    }


def gather(**changes: Any) -> Gather:
    """A question of half a second, answered by keys or words."""
    given = {"speech": (Utterance(prompt="ask"),), "mode": "both", "own_ears": True}
    return Gather(**{**given, **changes})


@dataclass
class ScriptedTurns:
    """Answers with its questions, one after another. ``broken`` is raised by the next turn."""

    questions: list[Gather]
    says: tuple[Say, ...] = ()
    token: str = TOKEN
    broken: Exception | None = None
    slow: float = 0.0
    events: list[Event] = field(default_factory=list)
    opened: list[tuple[str, int, str]] = field(default_factory=list)

    def open(self, *, sid: str, turn: int, token: str) -> StreamTurn | None:
        self.opened.append((sid, turn, token))
        if token != self.token:
            return None
        return StreamTurn(turn=turn, gather=self.questions[0])

    def take(self, *, sid: str, turn: int, event: Event) -> StreamTurn | None:
        time.sleep(self.slow)
        if self.broken is not None:
            raise self.broken
        self.events.append(event)
        if len(self.events) >= len(self.questions):
            return None
        asked = self.questions[len(self.events)]
        return StreamTurn(turn=turn + 1, says=self.says, gather=asked)


def tone(prompt: str) -> bytes:
    """The sound of a prompt."""
    return bytes([0x40 + len(prompt)]) * (80_000 if prompt == "long" else 4000)


@dataclass
class HalfSeconds:
    """Every prompt is half a second of its own sound; a ``long`` one is ten seconds."""

    def clips(self, speech: tuple[Utterance, ...]) -> list[Clip]:
        return [clip_of(tone(u.prompt)) for u in speech]


class DeafSession:
    """Hears nothing. ``heard`` is told at the end."""

    def __init__(self, owner: DeafRecogniser) -> None:
        self._owner, self._open = owner, True

    def feed(self, frames: bytes) -> Heard | None:
        if self._owner.broken:
            raise SpeechError("engine failed")
        with self._owner.lock:
            self._owner.fed += len(frames)
        return None

    def finish(self) -> Heard:
        return Heard()

    def close(self) -> None:
        with self._owner.lock:
            self._owner.open -= self._open
            self._open = False


class DeafRecogniser:
    """An engine without a model. ``open``: sessions that were not closed."""

    name = "vosk"
    takes_audio = True

    def __init__(self) -> None:
        self.open = self.fed = 0
        self.broken = False
        self.lock = threading.Lock()

    def start(self, *, grammar: Grammar, rate: int, encoding: str = "mulaw") -> DeafSession:
        with self.lock:
            self.open += 1
        return DeafSession(self)


@dataclass
class Service:
    """Streams of this process, over a pair of connected sockets each."""

    streams: MediaStreams

    def line(self, *, plays: bool = True, ahead: float = AHEAD) -> Line:
        """A connection past its handshake."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        assert self.streams.reserve(), "no place"
        self.streams.take(theirs, b"")
        return Line(ours, plays=plays, ahead=ahead)

    def settled(self, seconds: float = 5.0) -> bool:
        """Whether every stream is gone within so long."""
        end = time.monotonic() + seconds
        while self.streams.count and time.monotonic() < end:
            time.sleep(0.01)
        return self.streams.count == 0


@contextmanager
def service(
    turns: Any, recogniser: Recogniser | DeafRecogniser | None = None, **changes: Any
) -> Iterator[Service]:
    """A running stream service over scripted turns. Its log lines of every level can be captured,
    whatever level another test has set."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    given: dict[str, Any] = {
        "turns": turns,
        "sounds": HalfSeconds(),
        "recogniser": lambda: recogniser or DeafRecogniser(),
        "account_sid": ACCOUNT,
        "most": 50,
        "speed": 1000.0,
    }
    running = MediaStreams(**{**given, **changes})
    try:
        yield Service(running)
    finally:
        running.stop()
