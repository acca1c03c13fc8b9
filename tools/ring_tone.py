"""Make ``ivr/web/static/sounds/toque.wav``: one ring of the agent's console, 2 seconds.

Own work: two soft bursts of a minor third, then silence, so that it may be looped.
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np

RATE = 16_000
SECONDS = 2.0
BURSTS = (0.0, 0.45)
BURST_SECONDS = 0.35
OUT = Path(__file__).resolve().parent.parent / "ivr" / "web" / "static" / "sounds" / "toque.wav"


def ring() -> np.ndarray:
    """Samples from -1 to 1."""
    sound = np.zeros(int(RATE * SECONDS))
    time = np.arange(int(RATE * BURST_SECONDS)) / RATE
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    burst = (np.sin(2 * np.pi * 587 * time) + np.sin(2 * np.pi * 698 * time)) / 2 * edge
    for start in BURSTS:
        first = int(start * RATE)
        sound[first : first + len(burst)] += burst
    return sound * 0.6


def main() -> int:
    """Write the file."""
    OUT.parent.mkdir(exist_ok=True)
    with wave.open(str(OUT), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((ring() * 32_767).astype("<i2").tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
