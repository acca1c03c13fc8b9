"""WAV files as the telephone wants them: G.711 µ-law, 8 kHz, one channel, format tag 7.

Bytes only, so that the web process can join pieces without a numeric library.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

RATE = 8000
"""Samples, and with µ-law bytes, a second."""
MULAW_TAG = 7
SILENCE = b"\xff"
"""One µ-law sample of silence."""

_FORMAT = struct.Struct("<HHIIHHH")


class NotTelephoneAudio(ValueError):
    """The bytes are no WAV file of the wanted format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What a WAV file holds. ``bits`` is a sample's width."""

    tag: int
    channels: int
    rate: int
    bits: int
    data: bytes


def silence(seconds: float) -> bytes:
    """µ-law silence of that length."""
    return SILENCE * round(seconds * RATE)


def pack(mulaw: bytes) -> bytes:
    """WAV file of µ-law samples. Chunks ``fmt``, ``fact`` (asked for by every format but PCM),
    ``data``."""
    padding = b"\0" * (len(mulaw) % 2)
    body = b"".join(
        (
            b"WAVE",
            b"fmt " + struct.pack("<I", _FORMAT.size),
            _FORMAT.pack(MULAW_TAG, 1, RATE, RATE, 1, 8, 0),
            b"fact" + struct.pack("<II", 4, len(mulaw)),
            b"data" + struct.pack("<I", len(mulaw)) + mulaw + padding,
        )
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def unpack(content: bytes) -> Wave:
    """Format and samples of any WAV file. Raises NotTelephoneAudio.

    A length beyond the end of the file, as streaming writers leave it, ends with the file.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise NotTelephoneAudio("is no WAV file")
    at = 12
    header: tuple[int, int, int, int] | None = None
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at + 8 : at + 8 + size]
        if name == b"fmt " and len(chunk) >= 16:
            tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk[:16])
            if tag == 0xFFFE and len(chunk) >= 26:
                tag = int.from_bytes(chunk[24:26], "little")
            header = (tag, channels, rate, bits)
        if name == b"data" and header:
            tag, channels, rate, bits = header
            return Wave(tag=tag, channels=channels, rate=rate, bits=bits, data=chunk)
        at += 8 + size + size % 2
    raise NotTelephoneAudio("has no samples")


def mulaw_of(content: bytes) -> bytes:
    """µ-law samples of a file that :func:`pack` could have made. Raises NotTelephoneAudio."""
    wave = unpack(content)
    if (wave.tag, wave.channels, wave.rate, wave.bits) != (MULAW_TAG, 1, RATE, 8):
        raise NotTelephoneAudio("is not mono µ-law at 8 kHz")
    return wave.data
