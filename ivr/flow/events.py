"""What happened on the telephone, or came back from a service, since the last step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ivr.flow.requests import Answer

QueueResult = Literal[
    "bridged",
    "leave",
    "hangup",
    "error",
    "queue-full",
    "redirected",
    "requeue",
    "system-error",
]
DialStatus = Literal["completed", "answered", "busy", "no-answer", "failed", "canceled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """The first webhook of a call: ticket and protocol number already exist."""

    protocol: str
    deadline: str
    """Date of the 3-business-day deadline, ISO 8601 (YYYY-MM-DD)."""
    caller_id: bool = True
    """Whether the carrier passed a usable caller number. It never authenticates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """Keys of the telephone. ``value`` never holds the finishing key; it may be empty."""

    value: str = field(repr=False)
    ended_by: str = ""
    """The key that ended the input, or empty when a count or a time-out did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Words as a recogniser returned them."""

    text: str = field(repr=False)
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoInput:
    """The gather ended with neither key nor speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLost:
    """The caller's audio ceased to reach our own engine before anything was heard: the same
    question again, by keys. No try of the caller's is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recording ended. ``recording`` is the carrier's id of it, empty if nothing was said."""

    recording: str
    seconds: int
    key: str = ""
    """The key that ended it, empty when silence or its length did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftQueue:
    """The caller is out of the queue. ``wish`` is what they keyed while waiting, if anything.

    ``bridged``: the talk with a person is over. ``requeue``: of the service's own, the caller is
    to wait again, in the old place. All others are the carrier's words.
    """

    result: QueueResult
    seconds: int = 0
    wish: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded:
    """The call to a person's telephone ended."""

    status: DialStatus
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDone:
    """A request of the last step was carried out."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed:
    """A request could not be carried out now. ``permanent``: another try is of no use."""

    permanent: bool = False
    reason: str = ""
    """A word for the journal, never personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillWorking:
    """The filler speech ended and the job behind the last request is not done yet."""


Event = (
    CallStarted
    | Digits
    | Speech
    | NoInput
    | StreamLost
    | Recorded
    | LeftQueue
    | DialEnded
    | RequestDone
    | RequestFailed
    | StillWorking
)
