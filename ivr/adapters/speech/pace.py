"""How long a text takes to say, and whether a sound can be that text."""

from __future__ import annotations

import re

from num2words import num2words

from ivr.adapters.speech.vocabulary import words_of

_A_LETTER, _A_PAUSE, _EDGES = 0.0783, 0.432, 0.184
"""Seconds at 150 words a minute, fitted to all prompts in espeak-ng's pt-BR voice."""
_FITTED_RATE = 150
LONG = 20
"""Letters from which on every prompt lay within 0.90 to 1.12 of what is expected."""
_NEAR = (0.82, 1.25)
"""Of a long text. At 200 words a minute instead of 150 it would be 0.75."""
_SHORT = (0.5, 2.0)
FAR = (0.35, 3.0)
"""Of a voice whose pace nobody knows: an engine of others, a person."""
_FIGURES = re.compile(r"[0-9]+")
_LONGEST_NUMBER = 6


def spoken_words(text: str) -> tuple[str, ...]:
    """Words of a text as they are spoken: figures in words, long ones figure by figure."""
    return words_of(_FIGURES.sub(_in_words, text))


def expected_seconds(text: str, *, rate: int) -> float:
    """About how long the synthetic voice takes at ``rate`` words a minute."""
    pauses = len(re.findall(r"[,;:.!?…]+", text.rstrip(".,;:!?… ")))
    at_fitted = _A_LETTER * _letters(text) + _A_PAUSE * pauses + _EDGES
    return at_fitted * _FITTED_RATE / rate


def plausible(text: str, *, seconds: float, rate: int, known_pace: bool = True) -> bool:
    """Whether ``seconds`` can be this text at that pace. ``known_pace``: the voice keeps to its
    rate as espeak-ng does."""
    window = (_NEAR if _letters(text) > LONG else _SHORT) if known_pace else FAR
    least, most = (edge * expected_seconds(text, rate=rate) for edge in window)
    return least <= seconds <= most


def _letters(text: str) -> int:
    return sum(character.isalpha() for word in spoken_words(text) for character in word)


def _in_words(figures: re.Match[str]) -> str:
    parts = [figures[0]] if len(figures[0]) <= _LONGEST_NUMBER else list(figures[0])
    return " ".join(f" {num2words(int(part), lang='pt_BR')} " for part in parts)
