"""Telephone numbers: E.164 inside, Brazil assumed where no country is written."""

from __future__ import annotations

import re

REGION = "BR"
WITHHELD = frozenset(
    {
        "anonymous",
        "unknown",
        "restricted",
        "blocked",
        "private",
        "unavailable",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+86282452253",
    }
)
"""What ``From`` holds when the caller hides the number: words, and words typed on a keypad
(266696687 spells ANONYMOUS, 7378742833 RESTRICTED, 2562533 BLOCKED, 86282452253 UNAVAILABLE).
Twilio, "How does Twilio handle blocked caller ID"."""

_LONGEST = 40


def normalise_phone(text: str | None) -> str | None:
    """E.164 form of a number, or None when it is withheld, malformed or cannot exist."""
    cleaned = (text or "").strip()
    if not cleaned or len(cleaned) > _LONGEST or not cleaned.isascii():
        return None
    if cleaned.lower() in WITHHELD or "+" + cleaned in WITHHELD:
        return None
    if not re.fullmatch(r"\+?[0-9()\s.\-]+", cleaned):
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(cleaned, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_br_mobile(number: str | None) -> bool:
    """Whether a number is a Brazilian mobile, which can get an SMS."""
    normal = normalise_phone(number)
    if normal is None or not normal.startswith("+55"):
        return False
    import phonenumbers

    kind = phonenumbers.number_type(phonenumbers.parse(normal, REGION))
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)


def format_phone(number: str) -> str:
    """``(67) 99999-0001`` for a Brazilian number, international form for others.

    Text that is no number comes back as it was.
    """
    normal = normalise_phone(number)
    if normal is None:
        return number
    import phonenumbers

    form = phonenumbers.PhoneNumberFormat
    style = form.NATIONAL if normal.startswith("+55") else form.INTERNATIONAL
    return phonenumbers.format_number(phonenumbers.parse(normal, REGION), style)


def mask_phone(number: str | None) -> str:
    """``(**) *****-0001``: the last four digits and nothing else, not even the area code."""
    digits = re.sub(r"[^0-9]", "", number or "")
    if len(digits) < 8:
        return "(**) *****-****"
    return f"(**) *****-{digits[-4:]}"
