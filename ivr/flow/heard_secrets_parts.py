"""Words that were heard or written, plain and one by one, and what each may stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ivr.flow.heard import plain
from ivr.flow.heard_secrets_words import FILLERS
from ivr.flow.heard_words import COUNTS, DIGITS, HUNDREDS, PAUSES, PLURALS, TEENS, TENS, TIMES

BLOT = "▒▒▒"
"""What stands for a secret, whatever its length."""
MARK = BLOT[0]
FEWEST = 4
"""Digits or letters in a row that may be a secret."""
ARTICLES = frozenset({"um", "uma", "primeiro", "primeira"})
Span = tuple[int, int]
"""First word and the one after the last."""


@dataclass(frozen=True, slots=True)
class Part:
    """A plain word and the place of the word that it is of. ``raw`` keeps accents and marks."""

    text: str
    at: int
    raw: str


def parts_of(words: Sequence[str]) -> Iterator[Part]:
    """A blot and a word without letters are parts of their own, so that nothing runs over one."""
    for at, word in enumerate(words):
        if MARK in word:
            yield Part(MARK, at, MARK)
            continue
        latin = "".join(str(int(c)) if c.isdecimal() else c for c in word)
        for text in plain(latin).split():
            yield Part(text, at, word.lower())


def is_glue(word: str) -> bool:
    return word in PAUSES or word in FILLERS or word == TIMES


def weight(word: str) -> int:
    """Most digits that a word may stand for by itself, 0 for no number."""
    written = sum(c.isdigit() for c in word)
    if written:
        return written
    if word in DIGITS or word in PLURALS:
        return 1
    if word in TEENS or word in TENS:
        return 2
    if word in HUNDREDS or word in ("cem", "mil"):
        return 3 if word != "mil" else 4
    return COUNTS[word] - 1 if word in COUNTS else 0
