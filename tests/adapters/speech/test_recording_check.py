"""What a recorded voice must be: every way in which an upload can be bad."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.adapters.speech.recording_check import check_recording
from ivr.adapters.speech.telephone_wav import pack
from ivr.ports.prompt_studio import RecordingRefused

TEXT = "Olá, suporte do Estado."
Samples = np.ndarray


def speech(seconds: float = 2.0, *, rate: int = 16000, size: float = 0.3) -> Samples:
    """Syllables of a buzzing voice, four a second, with quiet at both ends."""
    at = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * f * at) / n for n, f in enumerate((440, 880, 1320), start=1))
    syllables = np.clip(np.sin(2 * np.pi * 4 * at), 0, 1) ** 0.5
    quiet = np.zeros(rate // 4)
    return np.concatenate([quiet, size * voice / 1.5 * syllables, quiet])


def wav(samples: Samples, *, rate: int = 16000, bits: int = 16, channels: int = 1) -> bytes:
    scale = 2 ** (bits - 1) - 1
    whole = np.round(np.clip(np.repeat(samples, channels), -1, 1) * scale).astype("<i4")
    if bits == 24:
        data = whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        data = whole.astype({8: "u1", 16: "<i2", 32: "<i4"}[bits]).tobytes()
    width = channels * bits // 8
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


def fault(content: bytes, text: str = TEXT) -> str:
    with pytest.raises(RecordingRefused) as refused:
        check_recording(content, text=text)
    return refused.value.fault


@pytest.mark.parametrize(
    ("rate", "bits", "channels"),
    [(8000, 16, 1), (16000, 16, 1), (22050, 16, 2), (44100, 24, 2), (48000, 32, 1)],
)
def test_voice_of_any_usual_rate_is_taken(rate: int, bits: int, channels: int) -> None:
    content = wav(speech(rate=rate), rate=rate, bits=bits, channels=channels)
    facts = check_recording(content, text=TEXT)
    assert facts["rate"] == rate
    assert facts["seconds"] == pytest.approx(2.0, abs=0.3)
    assert facts["level"] - facts["noise"] > 30


def test_telephone_audio_is_taken() -> None:
    from ivr.adapters.speech.sound import encode_mulaw

    assert check_recording(pack(encode_mulaw(speech(rate=8000))), text=TEXT)["seconds"] > 1


@pytest.mark.parametrize("content", [b"MP3", b"ID3\x04" + b"\0" * 500, b"RIFF\0\0\0\0WAVE", b"\0"])
def test_file_that_is_no_audio_is_told(content: bytes) -> None:
    assert fault(content) == "no_wav"


def test_empty_file_is_told() -> None:
    assert fault(b"") == "empty"
    assert fault(wav(np.zeros(0))) == "empty"


def test_format_that_cannot_be_read_is_told() -> None:
    content = bytearray(wav(speech()))
    content[20:22] = struct.pack("<H", 0x55)
    assert fault(bytes(content)) == "format"


@pytest.mark.parametrize("rate", [4000, 6000, 400_000])
def test_rate_that_does_not_carry_a_telephone_is_told(rate: int) -> None:
    assert fault(wav(speech(rate=16000), rate=rate)) == "rate"


def test_silence_is_told() -> None:
    assert fault(wav(np.zeros(32000))) == "silent"


def test_clipped_voice_is_told_and_a_loud_one_is_not() -> None:
    assert fault(wav(speech(size=3.0))) == "too_loud"
    assert check_recording(wav(speech(size=0.95)), text=TEXT)


def test_voice_that_is_hardly_heard_is_told() -> None:
    assert fault(wav(speech(size=0.004))) == "too_quiet"
    assert check_recording(wav(speech(size=0.03)), text=TEXT)


def test_noise_behind_the_voice_is_told() -> None:
    noise = np.random.default_rng(1).standard_normal(speech(3.0).size)
    assert fault(wav(speech(3.0) + 0.1 * noise)) == "noisy"
    assert check_recording(wav(speech(3.0) + 0.001 * noise), text=TEXT)


@pytest.mark.parametrize(
    ("seconds", "what"),
    [(0.2, "too_short"), (12.0, "too_long"), (25.0, "too_long"), (600.0, "too_long")],
)
def test_length_that_cannot_be_the_text_is_told(seconds: float, what: str) -> None:
    assert fault(wav(speech(seconds, rate=8000), rate=8000)) == what


def test_piece_without_text_may_have_any_length_up_to_twenty_seconds() -> None:
    assert check_recording(wav(speech(12.0)), text="")
    assert fault(wav(speech(22.0)), text="") == "too_long"


@settings(max_examples=60, deadline=None)
@given(
    at=st.integers(0, 60),
    change=st.binary(min_size=1, max_size=8),
    cut=st.integers(0, 4000),
)
def test_any_damage_is_told_or_harmless(at: int, change: bytes, cut: int) -> None:
    content = bytearray(wav(speech(1.0, rate=8000), rate=8000))
    content[at : at + len(change)] = change
    try:
        facts = check_recording(bytes(content[: len(content) - cut]), text=TEXT)
    except RecordingRefused:
        return
    assert 0 < facts["seconds"] <= 20
