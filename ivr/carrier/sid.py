"""Twilio's identifiers: two letters and 32 hexadecimal digits."""

from __future__ import annotations

import random
import re

_SHAPE = re.compile(r"[A-Z]{2}[0-9a-f]{32}")


class Sids:
    """Makes identifiers from a random source; a seeded one makes a call repeatable."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source if source is not None else random.SystemRandom()

    def make(self, prefix: str) -> str:
        return f"{prefix}{self._source.getrandbits(128):032x}"


def is_sid(text: str, *, prefix: str) -> bool:
    return text.startswith(prefix) and _SHAPE.fullmatch(text) is not None
