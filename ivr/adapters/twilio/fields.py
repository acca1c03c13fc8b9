"""The fields of a webhook, read strictly. Use only after the signature has passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from werkzeug.datastructures import MultiDict

from ivr.adapters.twilio.ambiguity import hidden_field, spoken_text
from ivr.adapters.twilio.catalogue import NAME, OPTIONAL, PATTERNS, REQUIRED, Route

MOST_FIELDS = 120
LONGEST_VALUE = 8_000
LONGEST_BODY = 32_000


class BadFieldsError(ValueError):
    """A body that no carrier would send. ``field`` is a name of our own list, or ``"?"``.

    ``reason`` is one word. The text holds neither a value nor a name from outside.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A webhook request, as far as it has a meaning here.

    ``caller``: number in the carrier's spelling, None when it is no number; it may still be a
    number that stands for "withheld" (:func:`ivr.domain.phone_number.normalise_phone` knows).
    ``to``: likewise, empty when it is no number. ``fields``: the other effective fields.
    """

    account_sid: str
    call_sid: str = ""
    caller: str | None = field(default=None, repr=False)
    to: str = field(default="", repr=False)
    direction: str = ""
    status: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def number(self, name: str) -> int | None:
        """A field of digits, None when it is absent, empty or negative."""
        value = self.fields.get(name, "")
        return int(value) if value.isdecimal() and value.isascii() else None


def read_fields(form: MultiDict[str, str], *, route: Route, account_sid: str) -> Inbound:
    """Read the form of a request whose signature is valid. Raises :class:`BadFieldsError`.

    Fields that are not in :mod:`ivr.adapters.twilio.catalogue` are accepted when they are named
    like a field of the carrier, and ignored: the carrier adds fields without notice.
    """
    given = _once_each(form)
    needed, optional = REQUIRED[route], OPTIONAL[route]
    for name in sorted(needed):
        if name not in given:
            raise BadFieldsError(name, "missing")
    effective = needed | optional
    for name in sorted(effective & given.keys()):
        if PATTERNS[name].fullmatch(given[name]) is None:
            raise BadFieldsError(name, "malformed")
    if given["AccountSid"] != account_sid:
        raise BadFieldsError("AccountSid", "foreign")
    ordered = sorted(given.items())
    patterns = {name: PATTERNS[name] for name in sorted(effective)}
    hidden = hidden_field(ordered, needed=needed, patterns=patterns)
    if hidden is not None:
        raise BadFieldsError(hidden, "ambiguous")
    rest = {name: given[name] for name in sorted(optional & given.keys())}
    if "SpeechResult" in rest:
        rest["SpeechResult"] = spoken_text(ordered, effective)
    _check_recording({name: given[name] for name in effective & given.keys()})
    if route in ("recording", "sms_status", "room"):
        rest |= {name: given[name] for name in needed - {"AccountSid", "CallSid"}}
    return Inbound(
        account_sid=account_sid,
        call_sid=given["CallSid"] if "CallSid" in needed else "",
        caller=_number(given["From"]) if "From" in needed else None,
        to=(_number(given["To"]) or "") if "To" in needed else "",
        direction=given["Direction"] if "Direction" in needed else "",
        status=given["CallStatus"] if "CallStatus" in needed else "",
        fields=MappingProxyType(rest),
    )


def _once_each(form: MultiDict[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    size = 0
    for name, value in form.items(multi=True):
        size += len(name) + len(value)
        if len(given) >= MOST_FIELDS or len(value) > LONGEST_VALUE or size > LONGEST_BODY:
            raise BadFieldsError("?", "oversize")
        if NAME.fullmatch(name) is None:
            raise BadFieldsError("?", "name")
        if name in given:
            raise BadFieldsError(name if name in PATTERNS else "?", "repeated")
        given[name] = value
    return given


def _check_recording(given: Mapping[str, str]) -> None:
    url, sid = given.get("RecordingUrl", ""), given.get("RecordingSid", "")
    if url and sid and sid not in url:
        raise BadFieldsError("RecordingUrl", "inconsistent")


def _number(value: str) -> str | None:
    scheme, colon, rest = value.partition(":")
    if colon and scheme in ("sip", "sips"):
        user, at, _ = rest.partition("@")
        value = user if at else ""
    digits = value.removeprefix("+")
    usable = digits.isascii() and digits.isdecimal() and 1 <= len(digits) <= 32
    return value if usable else None
