"""Passwords that are spelled, or announced as "a senha é"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.flow.heard_secrets_parts import ARTICLES, FEWEST, MARK, Part, Span, is_glue, weight
from ivr.flow.heard_secrets_words import (
    CONNECTORS,
    FUNCTION_WORDS,
    LETTERS,
    ORDINARY,
    PASSED_OVER,
    SECRET_CODES,
    SECRETS,
    STRONG_LETTERS,
)
from ivr.flow.heard_words import PAUSES

_TO_CONNECTOR = 4
"""Words between "senha" and "é": "a senha do e-mail é"."""
_PASSWORD_WORDS = 3
"""Words of a password that may follow one another."""


def spelled(parts: Sequence[Part]) -> Iterator[Span]:
    """Places of what is said letter by letter."""
    first, last = -1, -1
    for at, part in enumerate([*parts, Part(MARK, -1, MARK)]):
        if _spells(part.text):
            first, last = at if first < 0 else first, at + 1
        elif first >= 0 and (part.text == MARK or not is_glue(part.text)):
            if _looks_spelled([p.text for p in parts[first:last]]):
                yield first, last
            first = -1


def _spells(word: str) -> bool:
    return word in LETTERS or bool(weight(word))


def _looks_spelled(words: Sequence[str]) -> bool:
    letters = [word for word in words if _spells(word)]
    strong = sum(word in STRONG_LETTERS for word in letters)
    digits = sum(weight(word) for word in letters if word not in ARTICLES)
    size = sum(weight(word) or 1 for word in letters)
    return size >= FEWEST and (strong >= 2 or (strong == 1 and digits >= 1))


def after_secret(parts: Sequence[Part]) -> Iterator[Span]:
    """Places of what follows a word for a secret."""
    for at, part in enumerate(parts):
        if part.text not in SECRETS and part.text not in SECRET_CODES:
            continue
        start = _connected(parts, at)
        if start is not None:
            yield from _password(parts, start)
        elif part.text in SECRETS:
            yield from _number_next(parts, at + 1)


def _connected(parts: Sequence[Part], at: int) -> int | None:
    """Where a password begins that "é", a colon or the like announces."""
    if parts[at].raw.endswith((":", "=")):
        return at + 1
    for place in range(at + 1, min(at + 2 + _TO_CONNECTOR, len(parts))):
        if parts[place].text in SECRETS:
            return None
        if parts[place].raw.strip(",.;:=") in CONNECTORS or parts[place].raw.endswith((":", "=")):
            return place + 1
    return None


def _password(parts: Sequence[Part], start: int) -> Iterator[Span]:
    """The first word that is not passed over, and what may go on with it."""
    while start < len(parts) and parts[start].text in PASSED_OVER:
        start += 1
    if start >= len(parts) or parts[start].text == MARK:
        return
    stop = start + 1
    if parts[start].text not in ORDINARY:
        while stop < len(parts) and _goes_on(parts, stop, most=start + _PASSWORD_WORDS):
            stop += 1
    while stop < len(parts) and parts[stop].at == parts[stop - 1].at:
        stop += 1
    yield start, stop


def _goes_on(parts: Sequence[Part], at: int, *, most: int) -> bool:
    """Whether a password that may have words up to ``most`` has this one too."""
    before, word = parts[at - 1], parts[at].text
    if word == MARK or before.raw.endswith((",", ".", ";")):
        return False
    if word in FUNCTION_WORDS:
        return _spells(word) and _spells(before.text)
    return at < most or _spells(word)


def _number_next(parts: Sequence[Part], start: int) -> Iterator[Span]:
    """ "senha um dois três", "senha gato123": any digits right after the word."""
    while start < len(parts) and parts[start].text in PASSED_OVER:
        start += 1
    stop = start
    while stop < len(parts) and (weight(parts[stop].text) or parts[stop].text in PAUSES):
        stop += 1
    while stop > start and not weight(parts[stop - 1].text):
        stop -= 1
    while start < stop and not weight(parts[start].text):
        start += 1
    if stop > start:
        yield start, stop
