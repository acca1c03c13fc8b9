"""Sound: how long a file lasts, and making plain WAV files (8 kHz, mono, 16 bits)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

RATE = 8_000
CHARACTERS_PER_SECOND = 15.0
MP3_BYTES_PER_SECOND = 4_000
"""A guess for compressed audio: 32 kbit/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What a leg is to let its far end hear. ``content`` is empty for words and tones."""

    kind: str
    seconds: float
    url: str = ""
    text: str = ""
    voice: str = ""
    language: str = ""
    content: bytes = b""


def spoken(text: str, *, voice: str = "", language: str = "", kind: str = "say") -> Sound:
    """Words for the carrier's own voice, at 15 characters a second."""
    seconds = len(" ".join(text.split())) / CHARACTERS_PER_SECOND
    return Sound(kind=kind, seconds=seconds, text=text, voice=voice, language=language)


def duration(content: bytes, content_type: str) -> float:
    """Seconds that an audio file lasts; a WAV's exactly. Raises ValueError if it is not audio."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return wav_duration(content)
    if content_type in ("audio/ulaw", "audio/basic"):
        return len(content) / RATE
    if content_type == "audio/mpeg":
        return len(content) / MP3_BYTES_PER_SECOND
    if content_type in ("audio/gsm", "audio/x-gsm"):
        return len(content) / 1_650
    raise ValueError("not a sound file that can be played")


def wav_duration(content: bytes) -> float:
    """Seconds of a RIFF WAV of any constant byte rate. Raises ValueError."""
    rate, at = 0, 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"fmt " and at + 24 <= len(content):
            rate = struct.unpack_from("<I", content, at + 16)[0]
        elif name == b"data":
            if not rate:
                break
            return float(min(size, len(content) - at - 8) / rate)
        at += 8 + size + size % 2
    raise ValueError("not a WAV file")


def samples_of(wav: bytes) -> bytes:
    """The 16-bit mono samples of a WAV in this module's format. Raises ValueError."""
    at = 12
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    right = False
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        if name == b"fmt " and at + 24 <= len(wav):
            form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", wav, at + 8)
            right = (form, channels, rate, bits) == (1, 1, RATE, 16)
        elif name == b"data":
            if not right:
                raise ValueError("need 8 kHz mono 16-bit PCM")
            return wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise ValueError("not a WAV file")


def silence(seconds: float) -> bytes:
    """16-bit samples of nothing."""
    return bytes(2 * round(seconds * RATE))


def interleaved(tracks: Sequence[bytes | bytearray]) -> bytes:
    """One stream of frames out of mono tracks of the same length (16 bits)."""
    if len(tracks) == 1:
        return bytes(tracks[0])
    whole = bytearray(sum(len(track) for track in tracks))
    step = 2 * len(tracks)
    for number, track in enumerate(tracks):
        whole[2 * number :: step] = track[0::2]
        whole[2 * number + 1 :: step] = track[1::2]
    return bytes(whole)


def wav(samples: bytes, *, channels: int = 1) -> bytes:
    """A WAV file around 16-bit samples at 8 kHz."""
    form = struct.pack("<HHIIHH", 1, channels, RATE, 2 * channels * RATE, 2 * channels, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data"
    body += struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body
