"""A synthetic caller: text to telephone sound, by espeak-ng.

It stands for a person in tests and where a word is typed instead of spoken; a process that runs
once a text, and kept.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from functools import lru_cache
from io import BytesIO

import numpy as np
import soxr

from ivr.carrier.media.mulaw import RATE

PROGRAM = "espeak-ng"
VOICE = "pt-br"
WORDS_A_MINUTE = 140
SECONDS = 20.0
LOUD = 12_000
"""Peak of what is spoken, of 32,767."""
_VOICE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\+[A-Za-z0-9_-]+)?")
_DIGITS = re.compile(r"\d{3,}")


class CannotSpeak(RuntimeError):
    """No speech: espeak-ng is not installed, has no such voice, or failed."""


def can_speak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which(PROGRAM) is not None


@lru_cache(maxsize=256)
def spoken_samples(text: str, voice: str = VOICE, rate: int = WORDS_A_MINUTE) -> bytes:
    """``text`` as 16-bit samples at 8 kHz; three digits and more are spelled. Blocks.

    ``voice`` as espeak-ng names it, ``pt-br+f4`` say; ``rate`` in words a minute.
    Raises CannotSpeak.
    """
    if _VOICE.fullmatch(voice) is None:
        raise CannotSpeak("no such voice")
    words = _DIGITS.sub(lambda digits: " ".join(digits[0]), text)
    try:
        run = subprocess.run(
            [PROGRAM, "-v", voice, "-s", str(rate), "-g", "2", "--stdin", "--stdout"],
            input=words.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        return _at_telephone_rate(run.stdout)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as failure:
        raise CannotSpeak(f"{PROGRAM}: {type(failure).__name__}") from failure


def _at_telephone_rate(content: bytes) -> bytes:
    with wave.open(BytesIO(content)) as file:
        rate = file.getframerate()
        # The program writes to a pipe: the length in its header is none.
        raw = np.frombuffer(file.readframes(1 << 24), dtype="<i2").astype(np.float32)
    if not raw.size:
        return b""
    sound = soxr.resample(raw, rate, RATE)
    peak = float(np.max(np.abs(sound))) or 1.0
    return bytes((sound * (LOUD / peak)).astype("<i2").tobytes())
