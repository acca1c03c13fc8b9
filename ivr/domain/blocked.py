"""For how long a number may be blocked: long enough to help, never for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

SPANS: dict[str, timedelta] = {
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
"""Word of a form → how long."""
LONGEST_NOTE = 500


class BlockError(ValueError):
    """A block that cannot be; ``reason`` is one word (``number``, ``note``, ``span``)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def end_of_block(now: datetime, span: str) -> datetime:
    """When a block that begins now ends. Raises BlockError (``span``)."""
    if span not in SPANS:
        raise BlockError("span")
    return now + SPANS[span]


def note_of(text: str) -> str:
    """The reason as it is kept: one to :data:`LONGEST_NOTE` characters. Raises BlockError
    (``note``)."""
    plain = " ".join(text.split())
    if not plain or len(plain) > LONGEST_NOTE or not plain.isprintable():
        raise BlockError("note")
    return plain
