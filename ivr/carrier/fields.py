"""The form fields of a call (twilio.com/docs/voice/twiml#request-parameters)."""

from __future__ import annotations

from ivr.carrier.call import Call

API_VERSION = "2010-04-01"
WITHHELD = "+266696687"
"""ANONYMOUS on a keypad: so arrive callers that withhold their number; it looks like Lesotho."""

Fields = tuple[tuple[str, str], ...]


def caller_of(call: Call) -> str:
    return WITHHELD if call.faults.withhold_caller else call.from_


def standard_fields(call: Call) -> Fields:
    """Blank values are sent, not left out."""
    from_ = caller_of(call)
    fields = [
        ("CallSid", call.sid),
        ("AccountSid", call.account_sid),
        ("From", from_),
        ("Caller", from_),
        ("To", call.to),
        ("Called", call.to),
        ("CallStatus", call.status),
        ("ApiVersion", API_VERSION),
        ("Direction", call.direction),
    ]
    if call.parent_sid:
        fields.append(("ParentCallSid", call.parent_sid))
    for who, number in (("From", from_), ("Caller", from_), ("To", call.to), ("Called", call.to)):
        fields += _place(who, number, ours=who in ("To", "Called"))
    if call.faults.unknown_field:
        fields.append(("XTwilioNovidade", "ação"))
    return (*fields, *call.extra)


def _place(who: str, number: str, *, ours: bool) -> list[tuple[str, str]]:
    """City, state, zip and country as Twilio fills them in for Brazilian calls."""
    city = state = country = ""
    if number.startswith("+55"):
        country = "BR"
        if ours:
            state, city = "SP", "São Paulo"
    elif number.startswith("+266"):
        country = "LS"
    return [
        (f"{who}City", city),
        (f"{who}State", state),
        (f"{who}Zip", ""),
        (f"{who}Country", country),
    ]
