"""Bounds of a stream: how fast its sound comes, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass

BYTES_A_MS = 8
BURST_MS = 10_000
"""Sound that may come at once: the network stood still and now delivers."""
MESSAGES_A_S = 150
"""At the pace of the line, whatever they are: sound comes in 50, or in 100 of half the length."""
MESSAGES_BURST = 1_000
LONGEST_MS = 30 * 60_000
"""Of one stream."""
IDLE_S = 10.0
"""Without any sound the other end is gone; it sends silence too."""
START_S = 5.0
"""From the handshake to the start message."""
UNREAD_S = 10.0
"""For the other end to read what was written."""


class TooMuchError(Exception):
    """``reason``: which bound was passed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Pace:
    """``speed``: times real time; ``began``: seconds on the clock that :meth:`sound` is given."""

    speed: float
    began: float
    longest_ms: float = LONGEST_MS
    ms: float = 0.0
    """Sound so far."""
    messages: int = 0

    def message(self, now: float) -> None:
        """Something came, sound or not. Raises :class:`TooMuchError`."""
        self.messages += 1
        if self.messages > MESSAGES_BURST + MESSAGES_A_S * self.speed * (now - self.began):
            raise TooMuchError("too many messages")

    def sound(self, count: int, now: float) -> None:
        """So many bytes came. Raises :class:`TooMuchError`."""
        self.ms += count / BYTES_A_MS
        if self.ms > self.longest_ms:
            raise TooMuchError("longest stream")
        if self.ms > BURST_MS + 1000 * self.speed * (now - self.began):
            raise TooMuchError("faster than the line")
