"""The webhook fields that have a meaning here: which are needed where, and their strict form.

Field names: twilio.com/docs/voice/twiml (request parameters of each verb), voice/api/recording
and messaging/guides/track-outbound-message-status.

Every pattern is built so that it cannot go on over the border to the next field: no value of an
effective field may hold an upper-case letter that starts a field name (see
:mod:`ivr.adapters.twilio.ambiguity`). Exceptions are read in a way that the rest does not matter.
"""

from __future__ import annotations

import re
from typing import Literal

Route = Literal[
    "incoming",
    "turn",
    "resume",
    "wait",
    "status",
    "recording",
    "fallback",
    "sms_status",
    "agent",
    "leg",
    "bridge",
    "room",
    "hold",
]

NAME = re.compile(r"msg|[A-Z][A-Za-z0-9]{1,79}(?:_[A-Za-z0-9-]{1,80})?")
"""Any field name of the carrier, also of fields that it may add: CamelCase. It must begin with a
letter in upper case, so that the end of our own URL can never turn into a field name."""

_HEX = "[0-9a-f]{32}"
_WHOLE = r"[0-9]{1,7}"
_NUMBER = r"\+?[0-9*#]{0,32}"
_URI = r"(?:sips?|client):[!-~]{1,250}"
_MASKED = r"(?:Anonymous|Unknown|Restricted|Unavailable|Private|Blocked|Withheld)"
_WORDS = r"[a-z][a-z ._-]{0,63}"

PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "AccountSid": f"AC{_HEX}",
        "CallSid": f"CA{_HEX}",
        "CallStatus": (
            "queued|initiated|ringing|in-progress|completed|busy|failed|no-answer|canceled"
        ),
        "Direction": "inbound|outbound-api|outbound-dial",
        "From": f"{_NUMBER}|{_URI}|{_MASKED}|{_WORDS}",
        "To": f"{_NUMBER}|{_URI}",
        "Digits": r"[0-9*#A-D]{0,32}|hangup",
        "FinishedOnKey": r"[0-9*#A-D]?|timeout|hangup",
        "SpeechResult": r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{0,4000}",
        "Confidence": r"(?:[0-9](?:\.[0-9]{1,20})?(?:e-?[0-9]{1,3})?)?",
        "RecordingUrl": (
            r"(?:https?://[a-z0-9.:\[\]-]{1,255}/2010-04-01/Accounts/"
            rf"AC{_HEX}/Recordings/RE{_HEX}(?:\.wav|\.mp3)?)?"
        ),
        "RecordingSid": f"(?:RE{_HEX})?",
        "RecordingDuration": f"(?:{_WHOLE})?|-1",
        "RecordingStatus": "in-progress|completed|absent|failed|processing|paused|stopped",
        "QueueResult": "[a-z]{1,20}(?:-[a-z]{1,20}){0,3}",
        "QueueTime": f"(?:{_WHOLE})?",
        "QueuePosition": f"(?:{_WHOLE})?",
        "CurrentQueueSize": f"(?:{_WHOLE})?",
        "AvgQueueTime": f"(?:{_WHOLE})?",
        "DialCallStatus": "(?:[a-z]{1,20}(?:-[a-z]{1,20})?)?",
        "DialCallDuration": f"(?:{_WHOLE})?",
        "CallDuration": f"(?:{_WHOLE})?",
        "SequenceNumber": f"(?:{_WHOLE})?",
        "ErrorCode": r"[0-9]{0,6}",
        "ConferenceSid": f"CF{_HEX}",
        "FriendlyName": r"[a-z0-9-]{1,64}",
        "ParticipantCallStatus": "(?:[a-z]{1,20}(?:-[a-z]{1,20})?)?",
        "StatusCallbackEvent": r"[a-z]{1,20}(?:-[a-z]{1,20}){1,3}",
        "MessageSid": f"(?:SM|MM){_HEX}",
        "MessageStatus": (
            "accepted|scheduled|queued|sending|sent|delivered|undelivered|failed|read|canceled"
            "|receiving|received|partially_delivered"
        ),
    }.items()
}

_CALL = frozenset({"AccountSid", "CallSid", "CallStatus", "Direction", "From", "To"})
REQUIRED: dict[Route, frozenset[str]] = {
    "incoming": _CALL,
    "turn": _CALL,
    "resume": _CALL,
    "wait": _CALL,
    "status": _CALL,
    "fallback": _CALL,
    "agent": _CALL,
    "leg": _CALL,
    "bridge": _CALL,
    "hold": frozenset({"AccountSid", "CallSid"}),
    "room": frozenset({"AccountSid", "ConferenceSid", "FriendlyName", "StatusCallbackEvent"}),
    "recording": frozenset({"AccountSid", "CallSid", "RecordingSid", "RecordingStatus"}),
    "sms_status": frozenset({"AccountSid", "MessageSid", "MessageStatus"}),
}
"""Present exactly once on every request of the route."""

OPTIONAL: dict[Route, frozenset[str]] = {
    "incoming": frozenset(),
    "turn": frozenset(
        {
            "Digits",
            "FinishedOnKey",
            "SpeechResult",
            "Confidence",
            "RecordingUrl",
            "RecordingSid",
            "RecordingDuration",
            "QueueResult",
            "QueueTime",
            "DialCallStatus",
            "DialCallDuration",
        }
    ),
    "resume": frozenset(),
    "wait": frozenset(
        {
            "Digits",
            "FinishedOnKey",
            "QueuePosition",
            "QueueTime",
            "CurrentQueueSize",
            "AvgQueueTime",
        }
    ),
    "status": frozenset({"CallDuration", "SequenceNumber", "ErrorCode"}),
    "fallback": frozenset({"ErrorCode"}),
    "recording": frozenset({"RecordingUrl", "RecordingDuration", "ErrorCode"}),
    "sms_status": frozenset({"ErrorCode"}),
    "agent": frozenset({"ErrorCode"}),
    "leg": frozenset({"CallDuration", "SequenceNumber", "ErrorCode"}),
    "bridge": frozenset({"QueueTime"}),
    "hold": frozenset(),
    "room": frozenset({"CallSid", "SequenceNumber", "ParticipantCallStatus"}),
}
"""Present at most once; every other field is checked by name only, and then forgotten."""
