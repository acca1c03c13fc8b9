"""Which engine recognises: ours, the carrier's within its Gather, or none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal, NoReturn

from ivr.adapters.speech.vocabulary import DIGIT_WORDS
from ivr.adapters.speech.vosk import VoskRecogniser
from ivr.adapters.speech.vosk_model import read_folder
from ivr.adapters.speech.vosk_probe import known_words
from ivr.ports.speech import Encoding, Grammar, Heard, Recogniser, SpeechError

EngineName = Literal["vosk", "carrier", "none"]


class CarrierRecogniser:
    """The carrier's own, in its Gather: audio never comes here, only results do.

    https://www.twilio.com/docs/voice/twiml/gather#speechresult
    """

    name = "carrier"
    takes_audio = False

    def start(self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw") -> NoReturn:
        """Always raises SpeechError."""
        raise SpeechError("the carrier recognises by itself", permanent=True)

    @staticmethod
    def heard(*, speech_result: str, confidence: str = "") -> Heard:
        """The fields ``SpeechResult`` and ``Confidence`` of a webhook. A confidence that is no
        number from 0 to 1 counts as not told."""
        try:
            told = float(confidence)
        except ValueError:
            told = math.nan
        sure = told if 0 <= told <= 1 else None
        return Heard(text=" ".join(speech_result.split()), confidence=sure)


class NoRecogniser:
    """Keys only."""

    name = "none"
    takes_audio = False

    def start(self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw") -> NoReturn:
        """Always raises SpeechError."""
        raise SpeechError("speech is off", permanent=True)


def open_recogniser(engine: EngineName, *, model: Path, demo: bool) -> Recogniser:
    """The engine of the settings. ``demo``: invented people only. Raises ModelError."""
    if engine == "vosk":
        return open_vosk(model, demo=demo)
    return CarrierRecogniser() if engine == "carrier" else NoRecogniser()


def open_vosk(path: Path, *, demo: bool) -> VoskRecogniser:
    """A recogniser of the model in a folder, tried in a child first. Raises ModelError."""
    folder = read_folder(path, demo=demo)
    known_words(path, DIGIT_WORDS)
    return VoskRecogniser(folder)
