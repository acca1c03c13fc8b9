"""How easy a text is: Flesch reading ease, in its version for Brazilian Portuguese (Martins,
Ghiraldelo, Nunes, Oliveira Jr., "Readability formulas applied to textbooks in Brazilian
Portuguese", USP 1996). Syllables by the hyphenation of pt-BR.

The scale of that work: from 75 up very easy (years 1 to 4 of school), 50 to 75 easy (years 5 to 8),
25 to 50 difficult, below very difficult.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from ivr.adapters.speech.pace import spoken_words

_SENTENCE_END = re.compile(r"[.!?…:;]+(?:\s+|$)")
BANDS = ((75.0, "muito fácil"), (50.0, "fácil"), (25.0, "difícil"))


def ease(texts: Sequence[str]) -> float:
    """Of all texts together: 100 and more is the easiest. A colon or semicolon ends a sentence:
    the voice pauses there. Raises ValueError without a word."""
    sentences = [
        words
        for text in texts
        for part in _SENTENCE_END.split(text)
        if (words := spoken_words(part))
    ]
    count = sum(map(len, sentences))
    if not count:
        raise ValueError("no words")
    spoken = sum(syllables(word) for words in sentences for word in words)
    return 248.835 - 1.015 * count / len(sentences) - 84.6 * spoken / count


def band(value: float) -> str:
    """The name of a reading ease."""
    return next((name for least, name in BANDS if value >= least), "muito difícil")


@cache
def syllables(word: str) -> int:
    """Syllables of a word of small letters; one without vowels is read letter by letter."""
    if not re.search(r"[aeiouyáàâãéêíóôõúü]", word):
        return len(word)
    return sum(len(_hyphenation().positions(part)) + 1 for part in word.split("-"))


@cache
def _hyphenation() -> Any:
    import pyphen

    return pyphen.Pyphen(lang="pt_BR", left=1, right=1)
