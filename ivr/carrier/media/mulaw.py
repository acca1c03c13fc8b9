"""µ-law, the sound of a telephone line: a byte a sample (ITU-T G.711)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SILENCE = b"\xff"
RATE = 8_000
FRAME = 160
"""Samples in 20 ms."""

Samples = NDArray[np.int16]
_BIAS = 0x84
_CLIP = 32_635


@cache
def _decoding() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    size = (((mantissa << 3) + _BIAS) << exponent) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


@cache
def _encoding() -> NDArray[np.uint8]:
    """By the sample as an unsigned number."""
    signed = np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum(np.abs(signed), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    sign = np.where(signed < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return codes


def decoded(mulaw: bytes) -> bytes:
    """16-bit samples, little-endian."""
    samples: Any = _decoding()[np.frombuffer(mulaw, dtype=np.uint8)]
    return bytes(samples.astype("<i2").tobytes())


def encoded(samples: bytes) -> bytes:
    """µ-law out of 16-bit samples, little-endian."""
    whole = samples[: len(samples) // 2 * 2]
    return bytes(_encoding()[np.frombuffer(whole, dtype="<u2")].tobytes())
