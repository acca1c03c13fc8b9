"""Silence in place of some seconds of a WAV file; nothing else of the file changes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MARGIN = 0.15
"""Seconds more on either side: the ends of words are not told exactly."""
PCM, MULAW, ALAW = 1, 7, 6
_QUIET = {(PCM, 8): b"\x80", (PCM, 16): b"\0\0", (MULAW, 8): b"\xff", (ALAW, 8): b"\xd5"}
"""A silent sample by format tag and bits (RFC 2361; ITU-T G.711)."""


class OtherSoundError(ValueError):
    """No WAV file of a format that can be silenced."""


def silenced(sound: bytes, spans: Sequence[tuple[float, float]]) -> bytes:
    """The sound with its spans (seconds from its start) silent on every channel.

    Raises OtherSoundError.
    """
    start, stop, rate, block, quiet = _samples(sound)
    changed = bytearray(sound)
    for begin, end in spans:
        first = start + max(0, int((begin - MARGIN) * rate)) * block
        last = min(stop, start + max(0, round((end + MARGIN) * rate)) * block)
        if first < last:
            changed[first:last] = quiet * ((last - first) // len(quiet))
    return bytes(changed)


def _samples(sound: bytes) -> tuple[int, int, int, int, bytes]:
    """First byte of the samples and the one after them, rate, bytes a moment, a quiet sample."""
    if sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        raise OtherSoundError
    at = 12
    shape: tuple[int, int, bytes] | None = None
    while at + 8 <= len(sound):
        name, size = sound[at : at + 4], int.from_bytes(sound[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 24 <= len(sound):
            tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", sound, at + 8)
            quiet = _QUIET.get((tag, bits))
            if quiet is None or not channels or not rate:
                raise OtherSoundError
            shape = rate, channels * len(quiet), quiet
        if name == b"data" and shape:
            stop = min(at + 8 + size, len(sound))
            stop -= (stop - at - 8) % shape[1]
            return at + 8, stop, *shape
        at += 8 + size + size % 2
    raise OtherSoundError
