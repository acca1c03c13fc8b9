"""Words that were said against words that were heard."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ivr.adapters.speech.pace import spoken_words

LIGHT = frozenset(
    {
        *("a", "as", "o", "os", "e", "é", "à", "às", "ao", "aos", "um", "uma", "de", "do", "da"),
        *("dos", "das", "em", "no", "na", "nos", "nas", "com", "por", "se", "que", "só", "sua"),
        *("seu", "já", "há", "para", "sem"),
    }
)
"""Short words without stress, which nobody acts on: not counted, whether heard or not. "um" as
the name of a key is written as a figure, and counts."""

Word = str | None
"""None: a word that the recogniser does not have, or that is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """``said``: words that count. ``wrong``: not heard, heard as another, or heard without having
    been said. ``misheard``: (said, heard) of the second kind."""

    said: int = 0
    wrong: int = 0
    misheard: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            said=self.said + other.said,
            wrong=self.wrong + other.wrong,
            misheard=self.misheard + other.misheard,
        )

    @property
    def error(self) -> float:
        """Word error, 0 when nothing counts."""
        return self.wrong / self.said if self.said else 0.0


def counted(text: str, form: Callable[[str], str | None]) -> tuple[Word, ...]:
    """The words of a text, None for each that does not count. ``form``: a word as the recogniser
    writes it, None when it does not have it."""
    found: list[Word] = []
    for part in re.split(r"([0-9]+)", text):
        figure = part.isascii() and part.isdigit()
        for word in spoken_words(part):
            known = form(word) if figure or word not in LIGHT else None
            found += list(known.split()) if known else [None]
    return tuple(found)


def compare(said: Sequence[Word], heard: Sequence[str]) -> Score:
    """The fewest errors that explain what was heard. Where an uncounted word was said, anything
    or nothing may be heard; light words that were heard are passed over."""
    told = [word for word in heard if word not in LIGHT or word in said]
    costs = [[0] * (len(told) + 1) for _ in range(len(said) + 1)]
    for at in range(len(said) + 1):
        for to in range(len(told) + 1):
            if at or to:
                costs[at][to] = min(cost for cost, *_ in _steps(costs, said, told, at, to))
    return Score(
        said=sum(word is not None for word in said),
        wrong=costs[-1][-1],
        misheard=_misheard(costs, said, told),
    )


def _steps(
    costs: list[list[int]], said: Sequence[Word], told: list[str], at: int, to: int
) -> list[tuple[int, int, int]]:
    """(cost, earlier place in said, earlier place in told) of each way to come here."""
    ways = []
    if at and to:
        differ = said[at - 1] is not None and said[at - 1] != told[to - 1]
        ways.append((costs[at - 1][to - 1] + differ, at - 1, to - 1))
    if at:
        ways.append((costs[at - 1][to] + (said[at - 1] is not None), at - 1, to))
    if to:
        free = _free(said, at)
        ways.append((costs[at][to - 1] + (not free), at, to - 1))
    return ways


def _free(said: Sequence[Word], at: int) -> bool:
    """Whether an uncounted word was said around this place."""
    return (at > 0 and said[at - 1] is None) or (at < len(said) and said[at] is None)


def _misheard(
    costs: list[list[int]], said: Sequence[Word], told: list[str]
) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    at, to = len(said), len(told)
    while at or to:
        cost, before, earlier = min(_steps(costs, said, told, at, to))
        word = said[at - 1] if at else None
        if before < at and earlier < to and word is not None and word != told[to - 1]:
            pairs.append((word, told[to - 1]))
        at, to = before, earlier
    return tuple(reversed(pairs))
