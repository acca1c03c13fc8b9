"""Telephone frames into the samples that a model wants."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from ivr.adapters.speech.sound import mulaw_levels
from ivr.ports.speech import Encoding

Pcm = npt.NDArray[np.int16]

_MULAW: Pcm = np.round(mulaw_levels() * 32768).astype("<i2")


class FrameDecoder:
    """Keeps what one frame leaves for the next: half a sample, the filter's state."""

    def __init__(self, *, encoding: Encoding, rate: int, wanted: int) -> None:
        self._mulaw = encoding == "mulaw"
        self._odd = b""
        self._stream = (
            soxr.ResampleStream(rate, wanted, 1, dtype="int16") if rate != wanted else None
        )

    def decode(self, frames: bytes, *, last: bool = False) -> bytes:
        """16-bit samples at the wanted rate. ``last`` empties the filter."""
        if self._mulaw:
            samples = _MULAW[np.frombuffer(frames, dtype=np.uint8)]
        else:
            whole = self._odd + frames
            cut = len(whole) - len(whole) % 2
            self._odd = whole[cut:]
            samples = np.frombuffer(whole[:cut], dtype="<i2")
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples, last=last)
        return bytes(samples.astype("<i2", copy=False).tobytes())
