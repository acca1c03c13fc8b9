"""What can be seen on a line while a call runs: for a page, a script, a test.

Events never hold pressed keys, form fields, or what somebody says to a machine, unless the machine
itself sends it back for the phone to show (:class:`MarkReached`). What one person says to another
in a conference stands on the line of the one who hears it (:class:`OtherSpoke`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEvent:
    """``at`` is aware UTC; ``call`` the CallSid."""

    at: datetime
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(LineEvent):
    """CallStatus: queued, initiated, ringing, in-progress or a terminal one."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(LineEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted(LineEvent):
    """``kind`` say, play, tones, beep, error or stream; ``url`` of a play, ``text`` of a say.

    Of a stream: a run of its sound begins; ``url`` is that of the prompt that it is, where the
    exchange knows it, and ``seconds`` what is buffered.
    """

    kind: str
    url: str = ""
    text: str = ""
    language: str = ""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayFinished(LineEvent):
    """``stopped``: a key, speech, the end of the call or another document cut it short."""

    kind: str
    url: str = ""
    text: str = ""
    stopped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherStarted(LineEvent):
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherEnded(LineEvent):
    """``reason``: digits, finish-key, timeout, speech, no-input or stopped; ``keys`` = how many."""

    reason: str
    keys: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStarted(LineEvent):
    """A media stream is open, and the far end's sound goes there."""

    stream: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnded(LineEvent):
    """``reason``: closed (by the server), stopped (by the end of the call or another document),
    refused, or lost; ``code`` of the error log, 0 for none."""

    stream: str
    reason: str
    seconds: float
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReached(LineEvent):
    """The sound of a media stream was heard up to the mark ``name``, or ``cleared``."""

    stream: str
    name: str
    cleared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStarted(LineEvent):
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnded(LineEvent):
    """``reason``: key, silence, max-length or hangup; ``seconds`` 0 means empty."""

    reason: str
    seconds: float
    recording: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued(LineEvent):
    queue: str
    queue_sid: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftQueue(LineEvent):
    """``result`` is the QueueResult."""

    queue: str
    result: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled(LineEvent):
    """``to`` a number, a client, or ``queue:<name>``; ``child`` empty for a queue."""

    to: str
    child: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded(LineEvent):
    """``status`` is the DialCallStatus."""

    status: str
    child: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged(LineEvent):
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbridged(LineEvent):
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceJoined(LineEvent):
    """``participants``: how many are in it, this leg among them."""

    conference: str
    conference_sid: str
    participants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceLeft(LineEvent):
    """``reason``: hung-up, star, kicked, ended, time-limit, or redirected."""

    conference: str
    conference_sid: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSpoke(LineEvent):
    """Somebody in the conference says ``text``, and this leg hears it."""

    other: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp(LineEvent):
    """``by``: caller, application, api or carrier."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(LineEvent):
    """An entry of the error log; ``level`` error or warning."""

    code: int
    level: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpExchange(LineEvent):
    """``purpose``: document, status, recording, partial, media or message; status 0 = no answer."""

    purpose: str
    method: str
    url: str
    status: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineClosed(LineEvent):
    """The last event: the call is over and all its webhooks have been sent."""


def as_dict(event: LineEvent) -> dict[str, Any]:
    """For JSON: ``event`` holds the type's name in snake case, ``at`` ISO 8601."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, **asdict(event), "at": event.at.isoformat()}
