"""Taking everybody but the person out of what is handed to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

HIDDEN = "[dado de outra pessoa]"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<!\w)\(?\+?\d[\d .\-/()]{2,}\d(?!\w)")
FEWEST_DIGITS = 5
"""A run of so many digits may be a document or a telephone."""


class Redaction:
    """Staff become “Atendente 1”, “Atendente 2” …; numbers and addresses of others are hidden.

    ``own``: numbers and addresses of the person, which stay, and protocols. A name that somebody
    wrote into a note is not to be told from other words, but for those of staff.
    """

    def __init__(self, *, staff: Mapping[str, Iterable[str]], own: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        self._words = {
            word: staff_id
            for staff_id, words in staff.items()
            for word in (staff_id, *words)
            if word
        }
        longest = sorted(self._words, key=len, reverse=True)
        pattern = "|".join(re.escape(word) for word in longest)
        self._staff = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE) if longest else None
        self._lower = {word.lower(): staff_id for word, staff_id in self._words.items()}
        self._own_mails = {one.lower() for one in own if "@" in one}
        self._own_digits = {digits for one in own if len(digits := _digits(one)) >= FEWEST_DIGITS}

    def of(self, value: Any) -> Any:
        """The same value without others; times as ISO 8601 text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(key): self.of(one) for key, one in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            return [self.of(one) for one in value]
        return value

    def text(self, text: str) -> str:
        if self._staff is not None:
            text = self._staff.sub(lambda found: self._name(found[0]), text)
        text = _MAIL.sub(
            lambda found: found[0] if found[0].lower() in self._own_mails else HIDDEN, text
        )
        return _NUMBER.sub(self._number, text)

    def _name(self, word: str) -> str:
        staff_id = self._lower[word.lower()]
        return self._names.setdefault(staff_id, f"Atendente {len(self._names) + 1}")

    def _number(self, found: re.Match[str]) -> str:
        digits = _digits(found[0])
        if len(digits) < FEWEST_DIGITS or _is_time(found[0]):
            return found[0]
        mine = any(digits == own or _same_phone(digits, own) for own in self._own_digits)
        return found[0] if mine else HIDDEN


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _same_phone(one: str, other: str) -> bool:
    """The same number with and without country code or area."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 8 and len(long) <= 13 and long.endswith(short)


def _is_time(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d(?: \d\d)?|\d\d/\d\d/\d{4}", text) is not None
