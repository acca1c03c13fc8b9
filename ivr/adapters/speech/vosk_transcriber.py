"""Whole recordings into words by Vosk, each in a process of its own.

The child has the model's own graph, the lowest priority and a time limit; what the engine does to
it, the worker outlives. The sound comes on its input and the words leave on its output, so that
neither stands in a command line or a file. Child: ``python -m ivr.adapters.speech.vosk_transcriber
FOLDER demo|serve``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ivr.ports.speech import Heard, HeardWord, SpeechError

SECONDS = 300.0
"""Of work on one recording; a recording has at most 300 s."""
MOST_BYTES = 64 * 1024 * 1024
_NO_MODEL, _NO_SOUND = 3, 4
_REASONS = {_NO_MODEL: "model", _NO_SOUND: "sound"}


class VoskTranscriber:
    """:class:`ivr.ports.transcripts.Transcriber`. ``demo``: invented people only."""

    def __init__(self, folder: Path, *, demo: bool, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._demo = demo
        self._seconds = seconds

    @property
    def model(self) -> str:
        return self._folder.resolve().name

    def words(self, sound: bytes) -> tuple[HeardWord, ...]:
        """See the port. Reasons: too_long, model, sound, slow, engine."""
        if len(sound) > MOST_BYTES:
            raise SpeechError("too_long", permanent=True)
        try:
            child = subprocess.run(
                [sys.executable, "-m", __name__, str(self._folder.resolve()), self._way],
                input=sound,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).resolve().parents[3],
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SpeechError("slow") from None
        except OSError:
            raise SpeechError("engine") from None
        if child.returncode:
            reason = _REASONS.get(child.returncode, "engine")
            raise SpeechError(reason, permanent=reason == "sound")
        try:
            told = json.loads(child.stdout)
            return tuple(
                HeardWord(text=text, confidence=sure, start=start, end=end)
                for text, sure, start, end in told
            )
        except (ValueError, TypeError):
            raise SpeechError("engine") from None

    @property
    def _way(self) -> str:
        return "demo" if self._demo else "serve"


def main() -> int:
    """The child's work."""
    from ivr.adapters.speech.telephone_wav import NotTelephoneAudio
    from ivr.adapters.speech.vosk_model import ModelError

    with contextlib.suppress(OSError):
        os.nice(10)
    sound = sys.stdin.buffer.read()
    try:
        found = words_of(sound, Path(sys.argv[1]), demo=sys.argv[2] == "demo")
    except ModelError:
        return _NO_MODEL
    except NotTelephoneAudio:
        return _NO_SOUND
    json.dump(found, sys.stdout)
    return 0


def words_of(sound: bytes, folder: Path, *, demo: bool) -> list[list[Any]]:
    """Text, confidence, start and end of each word. Channels are mixed.

    Raises ModelError, NotTelephoneAudio, SpeechError.
    """
    from ivr.adapters.speech.vosk import VoskRecogniser
    from ivr.adapters.speech.vosk_model import read_folder
    from ivr.ports.speech import Grammar

    recogniser = VoskRecogniser(read_folder(folder, demo=demo))
    samples, rate = _mono(sound, wanted=recogniser.folder.rate)
    session = recogniser.start(grammar=Grammar(kind="free"), rate=rate, encoding="pcm16")
    heard = [h for part in _pieces(samples) if (h := session.feed(part)) is not None and h.final]
    heard.append(session.finish())
    session.close()
    return [_told(word) for each in heard for word in _words(each)]


def _mono(sound: bytes, *, wanted: int) -> tuple[bytes, int]:
    """16-bit samples of one channel at the model's rate."""
    import numpy as np
    import soxr

    from ivr.adapters.speech.sound import decode
    from ivr.adapters.speech.telephone_wav import unpack

    wave = unpack(sound)
    levels = decode(wave)
    if wave.rate != wanted:
        levels = soxr.resample(levels, wave.rate, wanted, quality="HQ")
    return np.clip(np.round(levels * 32767), -32768, 32767).astype("<i2").tobytes(), wanted


def _pieces(samples: bytes, *, size: int = 16_000) -> Iterator[bytes]:
    for at in range(0, len(samples), size):
        yield samples[at : at + size]


def _words(heard: Heard) -> tuple[HeardWord, ...]:
    if heard.words or not heard.text:
        return heard.words
    return tuple(HeardWord(text=word, confidence=0.0) for word in heard.text.split())


def _told(word: HeardWord) -> list[Any]:
    return [word.text, round(word.confidence, 3), round(word.start, 2), round(word.end, 2)]


if __name__ == "__main__":
    raise SystemExit(main())
