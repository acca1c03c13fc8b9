"""The messages of a media stream (twilio.com/docs/voice/media-streams/websocket-messages)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MILLISECONDS = 20


class BadMessage(ValueError):
    """Not a message that the carrier takes (31951)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    mulaw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    pass


Received = Media | Mark | Clear
_FIELDS = {"media": {"event", "streamSid", "media"}, "mark": {"event", "streamSid", "mark"}} | {
    "clear": {"event", "streamSid"}
}


def read(text: str, *, stream: str) -> Received:
    """What a server sent. Raises BadMessage."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise BadMessage("not JSON") from None
    name = message.get("event") if isinstance(message, dict) else None
    if not isinstance(name, str) or name not in _FIELDS:
        raise BadMessage("neither media, mark nor clear")
    if set(message) != _FIELDS[name]:
        raise BadMessage(f"{name}: fields are missing or too many")
    if message["streamSid"] != stream:
        raise BadMessage(f"{name}: not this stream's streamSid")
    if name == "clear":
        return Clear()
    inside = message[name]
    wanted = "payload" if name == "media" else "name"
    if not isinstance(inside, dict) or set(inside) != {wanted}:
        raise BadMessage(f"{name}: holds just {wanted}")
    value = inside[wanted]
    if not isinstance(value, str) or not value:
        raise BadMessage(f"{name}: {wanted} is a text")
    if name == "mark":
        return Mark(name=value)
    try:
        return Media(mulaw=base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        raise BadMessage("media: payload is not base64") from None


class Writer:
    """Makes the messages of one stream in their order; all numbers are texts."""

    def __init__(self, *, stream: str, account: str, call: str) -> None:
        self._stream = stream
        self._account = account
        self._call = call
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        """The first message; it has no number."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> str:
        return self._message(
            "start",
            {
                "accountSid": self._account,
                "streamSid": self._stream,
                "callSid": self._call,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": dict(parameters),
            },
        )

    def media(self, frame: bytes) -> str:
        """The next 20 ms of what the far end says."""
        self._chunk += 1
        return self._message(
            "media",
            {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str((self._chunk - 1) * MILLISECONDS),
                "payload": base64.b64encode(frame).decode(),
            },
        )

    def key(self, digit: str) -> str:
        return self._message("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._message("mark", {"name": name})

    def stop(self) -> str:
        return self._message("stop", {"accountSid": self._account, "callSid": self._call})

    def _message(self, event: str, content: dict[str, Any]) -> str:
        self._sequence += 1
        return json.dumps(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                "streamSid": self._stream,
                event: content,
            }
        )
