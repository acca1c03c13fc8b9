from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.speech import sound
from ivr.adapters.speech.telephone_wav import (
    NotTelephoneAudio,
    Wave,
    mulaw_of,
    pack,
    silence,
    unpack,
)

RATE = 22050


def tone(hertz: float, *, seconds: float = 1.0, level: float = 0.1) -> sound.Samples:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def decibel(ratio: float) -> float:
    return float(20 * np.log10(ratio))


@given(st.binary(min_size=1, max_size=999))
def test_packed_samples_come_back(mulaw: bytes) -> None:
    content = pack(mulaw)
    assert mulaw_of(content) == mulaw
    assert len(content) % 2 == 0
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8


def test_file_says_mulaw_mono_8_khz() -> None:
    tag, channels, rate, bytes_a_second, block, bits = struct.unpack("<HHIIHH", pack(b"\0")[20:36])
    assert (tag, channels, rate, bytes_a_second, block, bits) == (7, 1, 8000, 8000, 1, 8)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for candidate in (content, b"RIFF\0\0\0\0WAVE" + content, pack(b"\0" * 8)[: len(content)]):
        try:
            sound.decode(unpack(candidate))
        except NotTelephoneAudio:
            continue


def test_every_mulaw_level_encodes_to_its_own_code() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)
    levels = sound.mulaw_levels()[np.frombuffer(codes, dtype=np.uint8)]
    assert sound.encode_mulaw(levels) == codes


@pytest.mark.parametrize(
    ("code", "level"),
    [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0xEF, 132), (0x8F, 16764)],
)
def test_levels_are_those_of_g711(code: int, level: int) -> None:
    assert sound.mulaw_levels()[code] * 32768 == level


def test_silence_is_the_zero_level() -> None:
    assert silence(0.001) == sound.encode_mulaw(np.zeros(8))


@pytest.mark.parametrize(
    ("tag", "bits", "data"),
    [
        (1, 8, bytes([0, 192])),
        (1, 16, struct.pack("<2h", -(2**15), 2**14)),
        (1, 24, b"\x00\x00\x80\x00\x00\x40"),
        (1, 32, struct.pack("<2i", -(2**31), 2**30)),
        (3, 32, struct.pack("<2f", -1.0, 0.5)),
    ],
)
def test_recordings_of_every_usual_width_are_read(tag: int, bits: int, data: bytes) -> None:
    wave = Wave(tag=tag, channels=1, rate=RATE, bits=bits, data=data)
    assert sound.decode(wave).tolist() == [-1.0, 0.5]


def test_channels_are_averaged() -> None:
    data = struct.pack("<4h", 16384, 0, 8192, 8192)
    wave = Wave(tag=1, channels=2, rate=RATE, bits=16, data=data)
    assert sound.decode(wave).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("level", [0.003, 0.1, 1.0])
def test_quiet_and_loud_speech_end_at_one_level(level: float) -> None:
    noise = np.random.default_rng(1).normal(size=RATE)
    made = sound.telephone_samples(level * noise / abs(noise).max(), rate=RATE)
    assert decibel(sound.active_rms(sound.narrow(made))) == pytest.approx(-16, abs=0.5)
    assert abs(made).max() < 0.9


def test_sound_above_the_line_is_taken_away_and_does_not_fold_back() -> None:
    mixed = tone(1000) + tone(7000)
    made = sound.telephone_samples(mixed, rate=RATE)
    spectrum = abs(np.fft.rfft(made * np.hanning(made.size)))
    hertz = np.fft.rfftfreq(made.size, 1 / 8000)
    folded = spectrum[(hertz > 1200)].max()
    assert decibel(folded / spectrum.max()) < -60


def test_rumble_below_the_line_takes_no_part_in_the_level() -> None:
    clean = sound.telephone_samples(tone(1000), rate=RATE)
    rumbling = sound.telephone_samples(tone(1000) + tone(60, level=0.3), rate=RATE)
    inside = slice(1000, 7000)
    assert np.std(rumbling[inside]) == pytest.approx(np.std(clean[inside]), rel=0.05)


def test_long_quiet_edges_are_cut_to_a_breath() -> None:
    quiet = np.zeros(RATE)
    made = sound.telephone_samples(np.concatenate([quiet, tone(800), quiet]), rate=RATE)
    assert made.size / 8000 == pytest.approx(1.0 + 0.04 + 0.08, abs=0.03)


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.zeros(0)])
def test_recording_without_speech_is_refused(samples: sound.Samples) -> None:
    with pytest.raises(sound.Silent):
        sound.telephone_samples(samples, rate=RATE)
