"""Vosk as a recogniser: one model a process, one engine a listening.

What ends the process, and so never reaches the engine (vosk 0.3.45; kaldi-asr/kaldi#4925,
vosk-api#402): an empty or malformed grammar, an engine shared by two threads, a model that was
cut off (:mod:`ivr.adapters.speech.vosk_probe`). ``Model(lang=…)`` downloads and may call
``sys.exit``: only a path is ever given.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ivr.adapters.speech.vocabulary import phrases_of
from ivr.adapters.speech.vosk_audio import FrameDecoder
from ivr.adapters.speech.vosk_model import VoskModelFolder
from ivr.adapters.speech.vosk_session import VoskSession, off_the_loop
from ivr.ports.speech import Encoding, Grammar, SpeechError

MOST_SESSIONS = 400
"""Listenings at a time in a process, about 0.6 MiB each with a small model."""
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)


class VoskRecogniser:
    """Loads its model at the first listening; after a fork is fine too."""

    name = "vosk"
    takes_audio = True

    def __init__(self, folder: VoskModelFolder, *, most_sessions: int = MOST_SESSIONS) -> None:
        self.folder = folder
        self._most = most_sessions
        self._open = 0
        self._model: Any = None
        self._phrases: dict[Grammar, tuple[str, ...] | None] = {}
        self._lock = threading.Lock()

    @property
    def open_sessions(self) -> int:
        """Listenings that were not closed."""
        return self._open

    def knows(self, word: str) -> bool:
        """Whether the model has a word. Loads the model."""
        return bool(word) and self._loaded().vosk_model_find_word(word) >= 0

    def start(self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw") -> VoskSession:
        """See :class:`ivr.ports.speech.Recogniser`."""
        off_the_loop()
        if rate not in RATES:
            raise SpeechError("rate not offered", permanent=True)
        phrases = self._phrases_of(grammar)
        with self._lock:
            if self._open >= self._most:
                raise SpeechError("too many listenings")
            self._open += 1
        try:
            engine = self._engine(phrases)
            wanted = self.folder.rate
            decoder = FrameDecoder(encoding=encoding, rate=rate, wanted=wanted)
        except BaseException:
            self._ended()
            raise
        return VoskSession(engine, decoder, ended=self._ended)

    def _phrases_of(self, grammar: Grammar) -> tuple[str, ...] | None:
        """Worked out once: grammars come from the flow files, so they are few."""
        if grammar not in self._phrases:
            phrases = phrases_of(grammar, self.knows)
            self._phrases[grammar] = phrases if self.folder.closed_grammars else None
        return self._phrases[grammar]

    def _engine(self, phrases: tuple[str, ...] | None) -> Any:
        import vosk

        model = self._loaded()
        given = () if phrases is None else (json.dumps(list(phrases), ensure_ascii=False),)
        try:
            engine = vosk.KaldiRecognizer(model, self.folder.rate, *given)
        except Exception as error:
            raise SpeechError("engine not made", permanent=True) from error
        engine.SetWords(True)
        return engine

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = load(self.folder.path)
            return self._model

    def _ended(self) -> None:
        with self._lock:
            self._open -= 1


def load(path: Path) -> Any:
    """The engine's model of a folder that :func:`read_folder` found whole. Raises SpeechError."""
    import vosk

    vosk.SetLogLevel(-1)
    try:
        return vosk.Model(str(path))
    except Exception as error:
        raise SpeechError("model not loaded", permanent=True) from error
