"""Make ``ivr/web/static/espera.wav``: twelve quiet seconds to wait by, telephone audio.

Own work, so that nobody's rights are touched: a slow arpeggio of plucked tones.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np

RATE = 8_000
SECONDS = 12
CHORDS = ((262, 330, 392, 523), (220, 262, 330, 440), (175, 220, 262, 349), (196, 247, 294, 392))
OUT = Path(__file__).resolve().parent.parent / "ivr" / "web" / "static" / "espera.wav"


def tones() -> np.ndarray:
    """Samples from -1 to 1."""
    sound = np.zeros(RATE * SECONDS)
    note = 0.375
    for number in range(int(SECONDS / note)):
        chord = CHORDS[number // 8 % len(CHORDS)]
        pitch = chord[(0, 1, 2, 3, 2, 1, 2, 3)[number % 8]]
        start = int(number * note * RATE)
        time = np.arange(len(sound) - start) / RATE
        pluck = np.sin(2 * np.pi * pitch * time) + 0.3 * np.sin(4 * np.pi * pitch * time)
        sound[start:] += pluck * np.exp(-3.2 * time) * (1 - np.exp(-200 * time))
    fade = np.minimum(1, (len(sound) - np.arange(len(sound))) / (RATE * 0.8))
    return sound * fade / np.abs(sound).max() * 0.3


def mulaw(sound: np.ndarray) -> bytes:
    """ITU-T G.711 µ-law of samples from -1 to 1."""
    linear = np.clip(np.round(sound * 32_635), -32_635, 32_635).astype(np.int32)
    sign = np.where(linear < 0, 0x80, 0)
    biased = np.abs(linear) + 0x84
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


def main() -> int:
    """Write the file."""
    data = mulaw(tones())
    fmt = struct.pack("<HHIIHHH", 7, 1, RATE, RATE, 1, 8, 0)
    fact = struct.pack("<I", len(data))
    body = b"WAVE" + b"".join(
        tag + struct.pack("<I", len(part)) + part
        for tag, part in ((b"fmt ", fmt), (b"fact", fact), (b"data", data))
    )
    OUT.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
