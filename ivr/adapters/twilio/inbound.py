"""What happened, from the fields of a webhook: by what was asked, not by what came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ivr.adapters.twilio.fields import Inbound
from ivr.flow.events import (
    DialEnded,
    DialStatus,
    Digits,
    Event,
    LeftQueue,
    NoInput,
    QueueResult,
    Recorded,
    Speech,
    StillWorking,
)
from ivr.flow.verbs import Dial, EndingVerb, Enqueue, Filler, Gather, Record, SpeakSecret

Expects = Literal["gather", "secret", "record", "queue", "dial", "filler"]

PERSON = "0"
"""The one key that counts while a job runs."""
_QUEUE_RESULTS: dict[str, QueueResult] = {
    "bridged": "bridged",
    "bridging-in-process": "bridged",
    "leave": "leave",
    "hangup": "hangup",
    "error": "error",
    "queue-full": "queue-full",
    "redirected": "redirected",
    "redirected-from-bridged": "bridged",
    "system-error": "system-error",
}
_DIAL_STATUSES: dict[str, DialStatus] = {
    "completed": "completed",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no-answer",
    "failed": "failed",
    "canceled": "canceled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event, and a word for the log when the request did not have the expected shape."""

    event: Event
    warning: str = ""


def expects_of(verb: EndingVerb) -> Expects:
    """What the next request of a call answers, by the verb that ended the turn."""
    match verb:
        case Gather(secret=secret):
            return "secret" if secret else "gather"
        case Record():
            return "record"
        case SpeakSecret():
            return "secret"
        case Filler():
            return "filler"
        case Enqueue():
            return "queue"
        case Dial():
            return "dial"
        case _:
            return "gather"


def to_event(inbound: Inbound, *, expects: Expects, wish: str = "") -> Heard:
    """The event of a ``turn`` request. Never raises.

    A plain redirect is no input. ``secret`` takes keys only: speech in it is dropped unread.
    ``wish``: what the caller keyed while waiting in the queue, as the wait webhook stored it.
    """
    match expects:
        case "filler":
            asked = inbound.fields.get("Digits", "") == PERSON
            return Heard(event=Digits(value=PERSON) if asked else StillWorking())
        case "record":
            return _recorded(inbound)
        case "queue":
            return _left_queue(inbound, wish)
        case "dial":
            return _dial_ended(inbound)
        case "secret":
            return _keys(inbound) or _nothing(inbound, allowed=_KEY_FIELDS)
        case _:
            return _keys(inbound) or _speech(inbound) or _nothing(inbound, allowed=_INPUT_FIELDS)


_KEY_FIELDS = frozenset({"Digits", "FinishedOnKey"})
_INPUT_FIELDS = _KEY_FIELDS | {"SpeechResult", "Confidence"}


def _keys(inbound: Inbound) -> Heard | None:
    value = inbound.fields.get("Digits", "")
    key = inbound.fields.get("FinishedOnKey", "")
    key = key if len(key) == 1 else ""
    if value == "hangup":
        return Heard(event=NoInput(), warning="hangup")
    if not value and (not key or inbound.fields.get("SpeechResult")):
        return None
    return Heard(event=Digits(value=value, ended_by=key))


def _speech(inbound: Inbound) -> Heard | None:
    text = inbound.fields.get("SpeechResult", "").strip()
    if not text:
        return None
    return Heard(event=Speech(text=text, confidence=_confidence(inbound)))


def _confidence(inbound: Inbound) -> float | None:
    text = inbound.fields.get("Confidence", "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0.0 <= value <= 1.0 else None


def _nothing(inbound: Inbound, *, allowed: frozenset[str] = frozenset()) -> Heard:
    unexpected = {name for name, value in inbound.fields.items() if value} - allowed
    return Heard(event=NoInput(), warning="unexpected_fields" if unexpected else "")


def _recorded(inbound: Inbound) -> Heard:
    sid = inbound.fields.get("RecordingSid", "")
    url = inbound.fields.get("RecordingUrl", "")
    if not sid and url:
        sid = url.rpartition("/")[2].partition(".")[0]
    if not sid and "RecordingDuration" not in inbound.fields and not url:
        return _nothing(inbound, allowed=_KEY_FIELDS)
    digits = inbound.fields.get("Digits", "")
    key = digits if len(digits) == 1 else ""
    seconds = inbound.number("RecordingDuration") or 0
    return Heard(
        event=Recorded(recording=sid, seconds=seconds, key=key),
        warning="" if sid else "no_recording",
    )


def _left_queue(inbound: Inbound, wish: str) -> Heard:
    """Out of the queue, or, in the words of a Dial, out of the room that followed it. A plain
    redirect comes from a way to the room that led nowhere: the caller waits again."""
    word = inbound.fields.get("QueueResult")
    if word is None and inbound.fields.get("DialCallStatus"):
        return _dial_ended(inbound)
    if word is None:
        return Heard(event=LeftQueue(result="requeue", wish=wish))
    result = _QUEUE_RESULTS.get(word)
    return Heard(
        event=LeftQueue(
            result=result or "error", seconds=inbound.number("QueueTime") or 0, wish=wish
        ),
        warning="" if result else "queue_result",
    )


def _dial_ended(inbound: Inbound) -> Heard:
    word = inbound.fields.get("DialCallStatus")
    if not word:
        return Heard(event=NoInput(), warning="no_dial_status")
    status = _DIAL_STATUSES.get(word)
    return Heard(
        event=DialEnded(status=status or "failed", seconds=inbound.number("DialCallDuration") or 0),
        warning="" if status else "dial_status",
    )
