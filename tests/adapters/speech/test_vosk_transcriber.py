"""Whole recordings into words, by the true engine in a child that may die."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soxr

from ivr.adapters.speech import vosk_transcriber
from ivr.adapters.speech.sound import decode
from ivr.adapters.speech.telephone_wav import unpack
from ivr.adapters.speech.vosk_transcriber import VoskTranscriber
from ivr.ports.speech import SpeechError

SPEECH = Path(__file__).parents[2] / "fixtures" / "speech"
MODEL = SPEECH / "model-pt-8k-test-only"


def sample(name: str) -> bytes:
    return (SPEECH / "samples" / f"{name}.wav").read_bytes()


def stereo_at_16k(sound: bytes) -> bytes:
    """The same speech on the second channel only, as a recorder of calls may give it."""
    levels = soxr.resample(decode(unpack(sound)), 8000, 16000)
    both = np.stack([np.zeros_like(levels), levels], axis=1)
    samples = np.clip(np.round(both * 32767), -32768, 32767).astype("<i2").tobytes()
    shape = struct.pack("<HHIIHH", 1, 2, 16000, 64000, 4, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + shape
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_words_come_with_confidence_and_place() -> None:
    words = VoskTranscriber(MODEL, demo=True).words(sample("pin_m6"))
    assert [word.text for word in words] == ["cinco", "meia", "sete", "oito"]
    assert all(0 <= word.confidence <= 1 for word in words)
    places = [place for word in words for place in (word.start, word.end)]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < 3


def test_two_channels_and_another_rate_are_heard_too() -> None:
    words = VoskTranscriber(MODEL, demo=True).words(stereo_at_16k(sample("redefinir_adam")))
    assert [word.text for word in words] == ["redefinir", "senha"]


def test_silence_has_no_words() -> None:
    assert VoskTranscriber(MODEL, demo=True).words(sample("silencio")) == ()


@pytest.mark.parametrize(
    ("sound", "folder", "demo", "reason", "permanent"),
    [
        (b"RIFF....WAVEnothing", MODEL, True, "sound", True),
        (sample("pin_m6"), MODEL, False, "model", False),
        (sample("pin_m6"), Path("/nowhere"), True, "model", False),
    ],
)
def test_what_cannot_be_transcribed_says_why(
    sound: bytes, folder: Path, demo: bool, reason: str, permanent: bool
) -> None:
    with pytest.raises(SpeechError) as caught:
        VoskTranscriber(folder, demo=demo).words(sound)
    assert (caught.value.reason, caught.value.permanent) == (reason, permanent)


def test_work_that_takes_too_long_is_ended_with_its_child() -> None:
    with pytest.raises(SpeechError) as caught:
        VoskTranscriber(MODEL, demo=True, seconds=0.05).words(sample("pin_m6"))
    assert caught.value.reason == "slow"
    assert not caught.value.permanent


def test_an_engine_that_dies_ends_only_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vosk_transcriber, "__name__", "tests.fixtures.no_such_module")
    with pytest.raises(SpeechError) as caught:
        VoskTranscriber(MODEL, demo=True).words(sample("pin_m6"))
    assert caught.value.reason == "engine"


def test_a_sound_beyond_the_limit_is_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vosk_transcriber, "MOST_BYTES", 10)
    with pytest.raises(SpeechError) as caught:
        VoskTranscriber(MODEL, demo=True).words(sample("pin_m6"))
    assert (caught.value.reason, caught.value.permanent) == ("too_long", True)
