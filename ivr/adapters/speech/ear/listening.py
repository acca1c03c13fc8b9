"""What the recogniser makes of prompts and of callers' words, over each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.adapters.speech.ear.callers import Caller
from ivr.adapters.speech.ear.choices import Choice
from ivr.adapters.speech.ear.line import Line, over
from ivr.adapters.speech.ear.words import Score, compare, counted
from ivr.adapters.speech.telephone_wav import RATE, silence
from ivr.adapters.speech.vocabulary import spoken_form
from ivr.ports.speech import Encoding, Grammar, RecogniserSession, joined

_FED = 4000
_QUIET = silence(0.3)
"""Before and after a word, as on a call."""
_MOST_WORDS = 350
"""Of the words that are listened for in a prompt; numbers come on top."""


class Ear(Protocol):
    """A recogniser that says which words it has."""

    def knows(self, word: str) -> bool: ...

    def start(
        self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw"
    ) -> RecogniserSession: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """µ-law audio of a piece, and its text."""

    piece: str
    text: str
    mulaw: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Parted:
    """How well the words of one choice are told apart on one line. ``confused``: (word said,
    option it was taken for) → times; ``missed``: word said → times it was taken for nothing."""

    tries: int = 0
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)


def hear(ear: Ear, mulaw: bytes, grammar: Grammar) -> str:
    """Words that the ear makes of a sound. Raises SpeechError."""
    session = ear.start(grammar=grammar, rate=RATE)
    try:
        fed = [session.feed(mulaw[at : at + _FED]) for at in range(0, len(mulaw), _FED)]
        return joined([part for part in fed if part and part.final] + [session.finish()]).text
    finally:
        session.close()


def hear_prompts(
    ear: Ear, sounds: Sequence[Sound], lines: Iterable[Line], *, vocabulary: Iterable[str]
) -> dict[tuple[str, str], Score]:
    """Score by piece and name of the line. Each piece is heard among its own words and the
    ``vocabulary``, as far as the ear has them."""

    def form(word: str) -> str | None:
        return spoken_form(word, ear.knows)

    others = [word for word in dict.fromkeys(vocabulary) if form(word)]
    wanted = {sound.piece: counted(sound.text, form) for sound in sounds}
    scores: dict[tuple[str, str], Score] = {}
    for line in lines:
        for sound in sounds:
            said = wanted[sound.piece]
            if not any(said):
                continue
            own = [word for word in said if word]
            phrases = tuple(sorted(dict.fromkeys([*own, *others][:_MOST_WORDS])))
            grammar = Grammar(kind="words", phrases=phrases)
            heard = hear(ear, _on(line, sound.mulaw, seed=sound.piece), grammar)
            scores[sound.piece, line.name] = compare(said, heard.split())
    return scores


def part_words(
    ear: Ear,
    choice: Choice,
    voices: Mapping[tuple[str, Caller], bytes],
    lines: Iterable[Line],
) -> dict[str, Parted]:
    """By name of the line, with every caller's words of this choice that the ear has."""
    found: dict[str, Parted] = {}
    if choice.grammar is None:
        return found
    for line in lines:
        parted = found[line.name] = Parted()
        for key, phrases in choice.words.items():
            for phrase in phrases:
                if spoken_form(phrase, ear.knows) is None:
                    continue
                for caller in (who for said, who in voices if said == phrase):
                    sound = _on(line, voices[phrase, caller], seed=f"{phrase}/{caller.voice}")
                    taken = choice.read(hear(ear, sound, choice.grammar))
                    parted.tries += 1
                    if not taken:
                        parted.missed[phrase] += 1
                    elif taken != key:
                        parted.confused[phrase, taken] += 1
    return found


def _on(line: Line, mulaw: bytes, *, seed: str) -> bytes:
    return over(line, _QUIET + mulaw + _QUIET, seed=seed)
