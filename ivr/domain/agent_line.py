"""Where an agent's telephone is: a Brazilian number in E.164, or a SIP address."""

from __future__ import annotations

import re

_SIP = re.compile(
    r"sips?:[A-Za-z0-9_.!~*'()&=+$,%-]{1,64}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?::[1-9][0-9]{1,4})?(?:;transport=(?:udp|tcp|tls))?"
)
"""The part of RFC 3261 §19.1 that carriers dial; no headers, no password."""
_LONGEST = 255


class LineError(ValueError):
    """Not a line that can be rung. ``reason``: ``number`` or ``sip``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def number_of(text: str) -> str:
    """A Brazilian telephone in E.164, with or without +55 as typed. Raises LineError."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text[:40], "BR")
    except phonenumbers.NumberParseException:
        raise LineError("number") from None
    if parsed.country_code != 55 or not phonenumbers.is_valid_number(parsed) or parsed.extension:
        raise LineError("number")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def sip_of(text: str) -> str:
    """A SIP address, ``sip:`` put before it when it is missing. Raises LineError."""
    address = text.strip()
    if not re.match(r"sips?:", address, re.IGNORECASE):
        address = f"sip:{address}"
    scheme, _, rest = address.partition(":")
    address = f"{scheme.lower()}:{rest}"
    if len(address) > _LONGEST or not _SIP.fullmatch(address):
        raise LineError("sip")
    return address
