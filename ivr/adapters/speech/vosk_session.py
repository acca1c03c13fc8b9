"""One listening by Vosk: bytes in, words out, one thread at a time."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from ivr.adapters.speech.vocabulary import UNKNOWN
from ivr.adapters.speech.vosk_audio import FrameDecoder
from ivr.ports.speech import Heard, HeardWord, SpeechError

MOST_BYTES = 64 * 1024
"""Of one call of ``feed``; a telephone frame has 160."""


def off_the_loop() -> None:
    """Raise SpeechError on a thread that runs an event loop: decoding would stop every call."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise SpeechError("engine called on an event loop", permanent=True)


class VoskSession:
    """``engine`` is a ``vosk.KaldiRecognizer`` that nobody else holds. Two threads in one engine
    end the process: a lock lets them take turns."""

    def __init__(self, engine: Any, decoder: FrameDecoder, *, ended: Callable[[], None]) -> None:
        self._engine = engine
        self._decoder = decoder
        self._ended = ended
        self._partial = ""
        self._lock = threading.Lock()

    def feed(self, frames: bytes) -> Heard | None:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        off_the_loop()
        if len(frames) > MOST_BYTES:
            raise SpeechError("frame too long", permanent=True)
        with self._lock:
            engine = self._open()
            try:
                ended = engine.AcceptWaveform(self._decoder.decode(bytes(frames)))
                told = json.loads(engine.Result() if ended else engine.PartialResult())
            except Exception as error:
                raise SpeechError("engine failed") from error
            if ended:
                self._partial = ""
                heard = heard_of(told)
                return heard if heard.text or heard.foreign else None
            text, _ = _own(str(told.get("partial", "")).split())
            if text == self._partial:
                return None
            self._partial = text
            return Heard(text=text, final=False)

    def finish(self) -> Heard:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        off_the_loop()
        with self._lock:
            engine = self._open()
            try:
                rest = self._decoder.decode(b"", last=True)
                earlier = [engine.Result()] if rest and engine.AcceptWaveform(rest) else []
                told = [json.loads(text) for text in (*earlier, engine.FinalResult())]
            except Exception as error:
                raise SpeechError("engine failed") from error
            self._partial = ""
            parts = [heard_of(each) for each in told]
        return next((part for part in parts if part.text or part.foreign), parts[-1])

    def close(self) -> None:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        with self._lock:
            if self._engine is not None:
                self._engine = None
                self._ended()

    def _open(self) -> Any:
        if self._engine is None:
            raise SpeechError("session closed", permanent=True)
        return self._engine


def heard_of(told: dict[str, Any]) -> Heard:
    """A final result of Vosk, with or without its words."""
    entries = told.get("result") or []
    words = tuple(
        HeardWord(
            text=str(entry["word"]),
            confidence=min(1.0, max(0.0, float(entry["conf"]))),
            start=float(entry["start"]),
            end=float(entry["end"]),
        )
        for entry in entries
        if entry["word"] != UNKNOWN
    )
    text, foreign = _own(str(told.get("text", "")).split())
    sure = sum(word.confidence for word in words) / len(words) if words else None
    return Heard(text=text, confidence=sure, words=words, foreign=foreign)


def _own(words: list[str]) -> tuple[str, int]:
    own = [word for word in words if word != UNKNOWN]
    return " ".join(own), len(words) - len(own)
