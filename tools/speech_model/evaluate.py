"""CPFs said by voices that the model never learned from, over a telephone line, into the engine.

``python -m tools.speech_model.evaluate MODEL --count 300`` prints how many were understood at the
first try, and how many were taken for another valid number.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from num2words import num2words

from ivr.adapters.speech.recogniser import open_vosk
from ivr.adapters.speech.sound import decode, encode_mulaw
from ivr.adapters.speech.telephone_wav import RATE, unpack
from ivr.domain.identifier import CPF_LENGTH
from ivr.flow import heard
from ivr.ports.speech import Grammar, Recogniser, joined
from ivr.service.flows import read_identifier

HELD_OUT = (
    *("f4", "m6", "Henrique", "Annie", "steph2", "klatt3"),
    *("pablo", "linda", "iven2", "adam", "belinda", "m8"),
)
DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "meia", "sete", "oito", "nove")
FRAME = 160
QUIET = 0.5
"""Seconds before and after the words."""
LOUDNESS, NOISE = 0.5, 0.003
"""Peak of the voice and deviation of the white noise, full scale 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """``wrong``: taken for another number that is well formed."""

    right: int
    wrong: int
    said: int


def cpfs(count: int, *, chance: random.Random) -> list[str]:
    """Invented numbers with their check digits."""
    return [_with_check_digits([chance.randrange(10) for _ in range(9)]) for _ in range(count)]


def one_by_one(number: str) -> str:
    """Digit by digit: 529 is "cinco dois nove"."""
    return " ".join(DIGITS[int(digit)] for digit in number)


def in_pairs(number: str) -> str:
    """5299 is "cinquenta e dois, noventa e nove"; a pair with a zero first, digit by digit."""
    pairs = [number[at : at + 2] for at in range(0, len(number), 2)]
    return ", ".join(
        one_by_one(pair) if pair[0] == "0" else num2words(int(pair), lang="pt_BR") for pair in pairs
    )


def telephone_call(text: str, *, chance: random.Random) -> bytes:
    """µ-law of a held-out voice at a random pace and pitch. Needs the program espeak-ng."""
    voice = f"pt-br+{chance.choice(HELD_OUT)}"
    pace, pitch = str(chance.randint(125, 180)), str(chance.randint(30, 70))
    command = ["espeak-ng", "-v", voice, "-s", pace, "-p", pitch, "--stdout", text]
    wave = unpack(subprocess.run(command, capture_output=True, check=True).stdout)
    samples = soxr.resample(decode(wave), wave.rate, RATE)
    quiet = np.zeros(round(QUIET * RATE))
    whole = np.concatenate([quiet, samples / np.abs(samples).max() * LOUDNESS, quiet])
    noise = np.random.default_rng(chance.randrange(2**32)).standard_normal(whole.size)
    return encode_mulaw(whole + noise * NOISE)


def hear_cpf(engine: Recogniser, audio: bytes) -> str:
    """The number that was understood, empty for none."""
    session = engine.start(grammar=Grammar(kind="digits", length=CPF_LENGTH), rate=RATE)
    parts = [session.feed(audio[at : at + FRAME]) for at in range(0, len(audio), FRAME)]
    whole = joined([part for part in parts if part and part.final] + [session.finish()])
    session.close()
    return heard.choose(heard.identifier_readings(whole.text), read_identifier).number


def evaluate(engine: Recogniser, numbers: Sequence[str], *, pairs: bool, seed: int) -> Tally:
    """Say each number once."""
    chance = random.Random(seed)
    say = in_pairs if pairs else one_by_one
    found = [hear_cpf(engine, telephone_call(say(n), chance=chance)) for n in numbers]
    right = sum(got == number for got, number in zip(found, numbers, strict=True))
    wrong = sum(got not in ("", number) for got, number in zip(found, numbers, strict=True))
    return Tally(right=right, wrong=wrong, said=len(numbers))


def _with_check_digits(digits: list[int]) -> str:
    """Receita Federal's rule: weights 10 to 2, then 11 to 2, rest by 11."""
    whole = list(digits)
    for _ in range(2):
        total = sum(d * w for d, w in zip(whole, range(len(whole) + 1, 1, -1), strict=True))
        whole.append(0 if total % 11 < 2 else 11 - total % 11)
    return "".join(map(str, whole))


def main() -> int:
    """Say CPFs to a model and count."""
    arguments = argparse.ArgumentParser(description=main.__doc__)
    arguments.add_argument("model", type=Path)
    arguments.add_argument("--count", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=5)
    given = arguments.parse_args()
    engine = open_vosk(given.model, demo=True)
    numbers = cpfs(given.count, chance=random.Random(given.seed))
    for name, pairs in (("one by one", False), ("in pairs", True)):
        tally = evaluate(engine, numbers, pairs=pairs, seed=given.seed)
        sys.stdout.write(f"{name}: {tally.right} of {tally.said} right, {tally.wrong} wrong\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
