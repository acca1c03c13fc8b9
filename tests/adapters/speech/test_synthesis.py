from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator

import pytest

from ivr.adapters.speech import synthesis
from ivr.adapters.speech.synthesis import SynthesisError, Voice, steady
from ivr.adapters.speech.telephone_wav import Wave
from ivr.domain.prompts.spoken import value_pieces

TEXT = "O número do seu protocolo é"


def wave(sample: int) -> Wave:
    return Wave(tag=1, channels=1, rate=22050, bits=16, data=struct.pack("<h", sample))


class Engine:
    """Gives the renders it was made with, one by one; None stands for a failure."""

    def __init__(self, *samples: int | None) -> None:
        self._samples: Iterator[int | None] = iter(samples)
        self.rates: list[int] = []

    def __call__(self, text: str, voice: str, rate: int) -> Wave:
        self.rates.append(rate)
        sample = next(self._samples)
        if sample is None:
            raise SynthesisError("engine failed")
        return wave(sample)


def test_two_renders_alike_are_enough() -> None:
    engine = Engine(1, 1, 9)
    assert steady("Olá", voice="v", rate=150, ways=(engine,)) == wave(1)
    assert engine.rates == [150, 150, 200]


def test_render_that_lost_its_rate_is_outvoted() -> None:
    assert steady("Olá", voice="v", rate=150, ways=(Engine(9, 1, 1, 9),)) == wave(1)


def test_two_engines_that_agree_need_no_third_render() -> None:
    first, second = Engine(1), Engine(1)
    assert steady("Olá", voice="v", rate=150, ways=(first, second)) == wave(1)


def test_rate_lost_twice_alike_is_found_by_a_render_at_the_lost_rate() -> None:
    engine = Engine(9, 9, 9, 1, 1, 9)
    assert steady("Olá", voice="v", rate=150, ways=(engine,)) == wave(1)
    assert engine.rates == [150, 150, 200, 150, 150, 200]


def test_four_different_renders_are_given_up() -> None:
    engine = Engine(1, 2, 3, 4, 4)
    with pytest.raises(SynthesisError, match="no two renders were alike"):
        steady("Olá", voice="v", rate=150, ways=(engine,))


def test_second_engine_stands_in_for_one_that_fails() -> None:
    ways = (Engine(None, None), Engine(5, 5, 9))
    assert steady("Olá", voice="v", rate=150, ways=ways) == wave(5)


def test_failure_of_the_engine_is_told() -> None:
    with pytest.raises(SynthesisError, match="engine failed"):
        steady("Olá", voice="v", rate=150, ways=(Engine(None, None, None, None),))


def test_pyttsx3_in_a_fresh_process_gives_the_bits_of_espeak_itself() -> None:
    voice = Voice()
    ours = synthesis.with_pyttsx3(TEXT, voice.name, voice.rate)
    assert ours == synthesis.with_pyttsx3(TEXT, voice.name, voice.rate)
    program = synthesis.with_espeak_program(TEXT, voice.name, voice.rate)
    assert (ours.data, ours.rate) == (program.data, program.rate)
    assert 1.5 < len(ours.data) / 2 / ours.rate < 3.5


def test_long_text_is_rendered_to_its_end() -> None:
    long = synthesis.with_pyttsx3(f"{TEXT}. " * 12, "roa/pt-br", 150)
    assert len(long.data) / 2 / long.rate > 20


def test_rate_changes_the_length() -> None:
    fast = synthesis.with_pyttsx3(TEXT, "roa/pt-br", 220)
    slow = synthesis.with_pyttsx3(TEXT, "roa/pt-br", 120)
    assert len(slow.data) > 1.3 * len(fast.data)


def test_voice_that_is_not_installed_is_refused_and_not_replaced_by_english() -> None:
    with pytest.raises(SynthesisError, match="xx/none is not installed"):
        synthesis.with_pyttsx3(TEXT, "xx/none", 150)


def test_no_piece_is_read_as_the_name_of_an_accent() -> None:
    lines = "\n".join(
        synthesis.pronounced(text)
        for piece, text in value_pieces().items()
        if piece.startswith(("v.letter.", "v.upper."))
    )
    command = ["espeak-ng", "-v", "roa/pt-br", "-q", "-x", "-m", "--stdin"]

    def phonemes(text: str) -> str:
        run = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
        return run.stdout.decode()

    assert "ag'udU" in phonemes("é")
    assert "ag'udU" not in phonemes(lines.replace("\n", ".\n"))
    assert "flEks" not in phonemes(lines.replace("\n", ".\n"))


def test_only_a_lone_vowel_is_respelled() -> None:
    assert synthesis.pronounced("é") == "éh"
    assert synthesis.pronounced("é maiúsculo") == "éh maiúsculo"
    assert synthesis.pronounced("O protocolo é") == "O protocolo é"
    assert synthesis.pronounced("éfe") == "éfe"
