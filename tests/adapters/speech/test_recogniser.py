"""The engine of the settings; the carrier's results; pieces of one answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.speech.recogniser import CarrierRecogniser, open_recogniser
from ivr.adapters.speech.vosk import VoskRecogniser
from ivr.adapters.speech.vosk_model import ModelError
from ivr.flow.events import Speech
from ivr.ports.speech import Grammar, Heard, HeardWord, SpeechError, joined
from ivr.settings import SettingsError, read_settings

MODEL = Path(__file__).resolve().parents[2] / "fixtures" / "speech" / "model-pt-8k-test-only"


@pytest.mark.parametrize("name", ["carrier", "none"])
def test_engines_without_audio_need_no_model_and_take_none(name: str) -> None:
    engine = open_recogniser(name, model=Path("/nowhere"), demo=False)  # type: ignore[arg-type]
    assert (engine.name, engine.takes_audio) == (name, False)
    with pytest.raises(SpeechError):
        engine.start(grammar=Grammar(kind="digits"), rate=8000)


def test_the_engine_of_our_own_needs_a_model_that_may_serve() -> None:
    engine = open_recogniser("vosk", model=MODEL, demo=True)
    assert isinstance(engine, VoskRecogniser) and engine.takes_audio
    with pytest.raises(ModelError):
        open_recogniser("vosk", model=MODEL, demo=False)
    with pytest.raises(ModelError):
        open_recogniser("vosk", model=MODEL / "none", demo=True)


def test_the_setting_names_one_of_three_engines() -> None:
    env = {
        "SECRET_KEY": "k" * 32,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "t" * 32,
    }
    assert read_settings(env).ivr_speech == "carrier"
    assert read_settings(env | {"IVR_SPEECH": "vosk"}).ivr_speech == "vosk"
    with pytest.raises(SettingsError, match="IVR_SPEECH"):
        read_settings(env | {"IVR_SPEECH": "google"})


@pytest.mark.parametrize(
    ("confidence", "sure"),
    [("0.91", 0.91), ("0", 0.0), ("", None), ("nan", None), ("-1", None), ("7", None), ("x", None)],
)
def test_the_carriers_result_is_mapped(confidence: str, sure: float | None) -> None:
    found = CarrierRecogniser.heard(speech_result="  Redefinir  senha. ", confidence=confidence)
    assert found == Heard(text="Redefinir senha.", confidence=sure)
    assert found.event() == Speech(text="Redefinir senha.", confidence=sure)


@given(st.text(max_size=60), st.text(max_size=12))
def test_any_fields_of_the_carrier_are_mapped_without_an_error(text: str, confidence: str) -> None:
    found = CarrierRecogniser.heard(speech_result=text, confidence=confidence)
    assert found.confidence is None or 0 <= found.confidence <= 1
    assert (found.event() is None) == (not text.split())


def test_pieces_of_one_answer_are_joined_and_the_least_certain_tells() -> None:
    one = Heard(text="um dois", confidence=0.9, words=(HeardWord(text="um", confidence=0.9),))
    whole = joined([one, Heard(), Heard(text="três", confidence=0.4, foreign=1)])
    assert (whole.text, whole.confidence, whole.foreign) == ("um dois três", 0.4, 1)
    assert len(whole.words) == 1
    assert joined([]).event() is None


def test_what_was_heard_shows_in_no_repr() -> None:
    word = HeardWord(text="segredo", confidence=1.0)
    assert "segredo" not in repr(Heard(text="segredo", words=(word,))) + repr(word)
