"""The messages of a bidirectional media stream, read strictly and written.

Source: twilio.com/docs/voice/media-streams/websocket-messages. No error and no ``repr`` here holds
a key, a sound or a token.
"""

from __future__ import annotations

import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_PAYLOAD = 8000
"""Bytes of sound in one message, a second of it; the carrier sends 160."""
LONGEST_MARK = 200
MOST_NUMBER = 10
"""Digits of a counter."""

_STREAM = re.compile(r"MZ[0-9a-f]{32}")
_CALL = re.compile(r"CA[0-9a-f]{32}")
_TURN = re.compile(r"0|[1-9][0-9]{0,3}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_NUMBER = re.compile(rf"[0-9]{{1,{MOST_NUMBER}}}")
_KEYS = frozenset("0123456789*#ABCD")
_TRACKS = ("inbound", "inbound_track")


class MediaMessageError(ValueError):
    """A message that the carrier would not send. ``reason``: a few words, nothing out of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The first message: the protocol is spoken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The second message: which call, and its parameters of ours."""

    stream_sid: str
    call_sid: str
    turn: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """µ-law at 8 kHz, a byte a sample."""

    mulaw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the telephone."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReached:
    """Everything sent before the mark was played, or cleared."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The last message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """An event that this service does not know; the carrier may add some."""


Message = Connected | Started | Sound | Key | MarkReached | Stopped | Unknown


class MediaReader:
    """Reads the messages of one stream in their order. ``account_sid``: ours."""

    def __init__(self, *, account_sid: str) -> None:
        self._account = account_sid
        self._stream = ""
        self._call = ""
        self._connected = self._stopped = False
        self._sequence = self._chunk = 0
        self._timestamp = 0
        self.gaps = 0
        """Messages that were missing between two others."""

    def read(self, text: str | bytes | bytearray) -> Message:
        """The next message. Raises :class:`MediaMessageError`; then the stream is of no use."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise MediaMessageError("no JSON") from None
        if not isinstance(message, dict):
            raise MediaMessageError("no object")
        event = message.get("event")
        if not isinstance(event, str):
            raise MediaMessageError("no event")
        if self._stopped:
            raise MediaMessageError("message after stop")
        if not self._connected:
            return self._read_connected(event)
        if not self._stream:
            return self._read_start(event, message)
        match event:
            case "media":
                self._follows(message)
                return self._read_media(message)
            case "dtmf":
                self._follows(message)
                return _read_key(message)
            case "mark":
                self._follows(message)
                return MarkReached(name=_text(_part(message, "mark"), "name", LONGEST_MARK))
            case "stop":
                self._follows(message)
                self._read_stop(message)
                return Stopped()
            case "start" | "connected":
                raise MediaMessageError(f"second {event}")
            case _:
                return Unknown()

    def _read_connected(self, event: str) -> Connected:
        if event != "connected":
            raise MediaMessageError("not connected first")
        self._connected = True
        return Connected()

    def _read_start(self, event: str, message: Mapping[str, Any]) -> Started:
        if event != "start":
            raise MediaMessageError("second connected" if event == "connected" else "no start")
        start = _part(message, "start")
        stream, call = _sid(message, "streamSid", _STREAM), _sid(start, "callSid", _CALL)
        if _sid(start, "streamSid", _STREAM) != stream:
            raise MediaMessageError("two streams in a start")
        if start.get("accountSid") != self._account:
            raise MediaMessageError("another account")
        if start.get("tracks") != ["inbound"]:
            raise MediaMessageError("wrong tracks")
        _check_format(_part(start, "mediaFormat"))
        given = _part(start, "customParameters")
        turn, token = given.get("n"), given.get("t")
        if not isinstance(turn, str) or _TURN.fullmatch(turn) is None:
            raise MediaMessageError("no turn")
        if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
            raise MediaMessageError("no token")
        self._sequence = _number(message, "sequenceNumber")
        self._stream, self._call = stream, call
        return Started(stream_sid=stream, call_sid=call, turn=int(turn), token=token)

    def _read_media(self, message: Mapping[str, Any]) -> Sound:
        media = _part(message, "media")
        if media.get("track") != "inbound":
            raise MediaMessageError("wrong track")
        chunk, timestamp = _number(media, "chunk"), _number(media, "timestamp")
        if chunk <= self._chunk or timestamp < self._timestamp:
            raise MediaMessageError("sound out of order")
        self._chunk, self._timestamp = chunk, timestamp
        payload = media.get("payload")
        if not isinstance(payload, str):
            raise MediaMessageError("no payload")
        try:
            mulaw = a2b_base64(payload, strict_mode=True)
        except (Base64Error, ValueError):
            raise MediaMessageError("no base64") from None
        if not 0 < len(mulaw) <= MOST_PAYLOAD:
            raise MediaMessageError("wrong size of sound")
        return Sound(mulaw=mulaw)

    def _read_stop(self, message: Mapping[str, Any]) -> None:
        stop = _part(message, "stop")
        if stop.get("callSid") != self._call or stop.get("accountSid") != self._account:
            raise MediaMessageError("stop of another call")
        self._stopped = True

    def _follows(self, message: Mapping[str, Any]) -> None:
        if message.get("streamSid") != self._stream:
            raise MediaMessageError("another stream")
        sequence = _number(message, "sequenceNumber")
        if sequence <= self._sequence:
            raise MediaMessageError("out of order")
        self.gaps += sequence - self._sequence - 1
        self._sequence = sequence


class MediaWriter:
    """Writes to one stream. The payload of sound is base64 already, as it is kept."""

    def __init__(self, stream_sid: str) -> None:
        if _STREAM.fullmatch(stream_sid) is None:
            raise ValueError("not the id of a stream")
        self._sid = stream_sid
        head = f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"'
        self._head, self._tail = head.encode(), b'"}}'
        self.clear = f'{{"event":"clear","streamSid":"{stream_sid}"}}'.encode()
        """Drops what was not played yet; the marks in it come back at once."""

    def sound(self, payload: bytes) -> bytes:
        """Raw µ-law at 8 kHz, in base64."""
        return b"".join((self._head, payload, self._tail))

    def mark(self, name: str) -> bytes:
        """Comes back when everything before it was played."""
        message = {"event": "mark", "streamSid": self._sid, "mark": {"name": name}}
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _read_key(message: Mapping[str, Any]) -> Key:
    dtmf = _part(message, "dtmf")
    if dtmf.get("track", "inbound_track") not in _TRACKS:
        raise MediaMessageError("wrong track")
    digit = dtmf.get("digit")
    if not isinstance(digit, str) or digit not in _KEYS:
        raise MediaMessageError("no key")
    return Key(digit=digit)


def _check_format(told: Mapping[str, Any]) -> None:
    if told.get("encoding") != "audio/x-mulaw":
        raise MediaMessageError("wrong encoding")
    if _figure(told.get("sampleRate")) != "8000":
        raise MediaMessageError("wrong rate")
    if _figure(told.get("channels")) != "1":
        raise MediaMessageError("wrong channels")


def _figure(value: object) -> str:
    return str(value) if type(value) in (int, str) else ""


def _part(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = message.get(name)
    if not isinstance(found, dict):
        raise MediaMessageError(f"no {name}")
    return found


def _sid(message: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    found = message.get(name)
    if not isinstance(found, str) or pattern.fullmatch(found) is None:
        raise MediaMessageError(f"no {name}")
    return found


def _text(message: Mapping[str, Any], name: str, longest: int) -> str:
    found = message.get(name)
    if not isinstance(found, str) or len(found) > longest:
        raise MediaMessageError(f"no {name}")
    return found


def _number(message: Mapping[str, Any], name: str) -> int:
    """A counter, which the carrier writes as a string."""
    found = message.get(name)
    if not isinstance(found, str) or _NUMBER.fullmatch(found) is None:
        raise MediaMessageError(f"no {name}")
    return int(found)
