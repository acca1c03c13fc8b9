"""What the far end says, cut into frames of 20 ms."""

from __future__ import annotations

import numpy as np

from ivr.carrier.media.mulaw import FRAME, RATE, SILENCE, decoded, encoded

SHORTEST = 3 * FRAME
"""Bytes of live sound that must be there before any of it is sent: it comes unevenly."""
LONGEST = RATE // 2
"""Bytes of live sound that may wait; older sound is dropped, or the delay would grow."""


class CallerVoice:
    """``background``: 16-bit samples that go round behind everything."""

    def __init__(self, background: bytes = b"") -> None:
        self._said = bytearray()
        self._live = bytearray()
        self._flowing = False
        self._background = np.frombuffer(background, dtype="<i2").astype(np.int32)
        self._at = 0

    def say(self, mulaw: bytes) -> None:
        """Put it after what is being said already."""
        self._said += mulaw

    def hear(self, mulaw: bytes) -> None:
        """A piece of live sound."""
        self._live += mulaw
        if len(self._live) > LONGEST:
            del self._live[:-SHORTEST]

    def frame(self) -> bytes:
        """The next 20 ms; silence when nothing is said."""
        return self._behind(self._take().ljust(FRAME, SILENCE))

    def _take(self) -> bytes:
        if self._said:
            frame = bytes(self._said[:FRAME])
            del self._said[:FRAME]
            return frame
        self._flowing = len(self._live) >= (FRAME if self._flowing else SHORTEST)
        if not self._flowing:
            return b""
        frame = bytes(self._live[:FRAME])
        del self._live[:FRAME]
        return frame

    def _behind(self, frame: bytes) -> bytes:
        if not self._background.size:
            return frame
        noise = self._background.take(range(self._at, self._at + FRAME), mode="wrap")
        self._at = (self._at + FRAME) % self._background.size
        voice = np.frombuffer(decoded(frame), dtype="<i2").astype(np.int32)
        return encoded(np.clip(voice + noise, -32_768, 32_767).astype("<i2").tobytes())
