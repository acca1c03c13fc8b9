"""Numbers that may be secrets: four digits or more in a row, however they are said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.flow.heard_numbers import readings
from ivr.flow.heard_secrets_parts import ARTICLES, FEWEST, MARK, Part, Span, is_glue, weight
from ivr.flow.heard_secrets_words import FILLERS, PHONES, SECRET_CODES, SECRETS, UNITS
from ivr.flow.heard_words import HUNDREDS, ONES, PAUSES, PLURALS, TEENS, TENS, TIMES

_PHONE_BEFORE = 8
"""Words before a number among which it must be announced as a telephone."""


def numbers(parts: Sequence[Part]) -> Iterator[Span]:
    """Places among the parts. Left out are numbers below a thousand and announced telephones."""
    for first, last in _runs(parts):
        words = [part.text for part in parts[first:last]]
        if _digits_at_most(words) < FEWEST or _is_small(words):
            continue
        if not _is_phone(parts, first, words):
            yield first, last


def _runs(parts: Sequence[Part]) -> Iterator[Span]:
    """Numbers with only pauses, or one other word, between them: an engine that mishears a digit
    must not save the others."""
    first, last, strangers = -1, -1, 0
    for at, part in enumerate(parts):
        if _is_number(parts, at):
            first = at if first < 0 else first
            last, strangers = at + 1, 0
        elif first >= 0 and not is_glue(part.text):
            strangers += 1
            if strangers > 1 or part.text in UNITS or part.text == MARK:
                yield first, last
                first, strangers = -1, 0
    if first >= 0:
        yield first, last


def _is_number(parts: Sequence[Part], at: int) -> bool:
    word = parts[at].text
    if word not in ARTICLES:
        return bool(weight(word))
    # "um problema" is no number, "um dois" is one.
    return any(weight(_near(parts, at, step)) for step in (-1, 1))


def _near(parts: Sequence[Part], at: int, step: int) -> str:
    at += step
    while 0 <= at < len(parts) and parts[at].text in PAUSES | FILLERS:
        at += step
    return parts[at].text if 0 <= at < len(parts) else ""


def _digits_at_most(words: Sequence[str]) -> int:
    total = sum(map(weight, words))
    said = [word for word in words if weight(word)]
    for before, word in zip(said, said[1:], strict=False):
        if word in PLURALS or (TIMES in words and before in ONES):
            total += max(0, _count(before) - 2)
    if TIMES in words and len(said) > 1:
        total += max(_count(word) for word in said)
    return total


def _count(word: str) -> int:
    if word.isdigit():
        return int(word) if len(word) == 1 else 0
    return ONES.get(word, 0)


def _is_small(words: Sequence[str]) -> bool:
    """One number below a thousand as grammar has it, so that it is no row of digits."""
    hundreds = words[0] in HUNDREDS
    rest = words[2:] if hundreds and words[1:2] == ["e"] else words
    if hundreds and len(words) == 1:
        return True
    tens = len(rest) == 3 and rest[0] in TENS and rest[1] == "e" and rest[2] in ONES
    single = len(rest) == 1 and (rest[0] in ONES or rest[0] in TEENS or rest[0] in TENS)
    return hundreds and rest is not words and (tens or single)


def _is_phone(parts: Sequence[Part], first: int, words: Sequence[str]) -> bool:
    """Whether a number is announced as a telephone and can be one in Brazil, and no CPF."""
    before = [part.text for part in parts[max(0, first - _PHONE_BEFORE) : first]]
    places = {word: at for at, word in enumerate(before)}
    phone = max((places[word] for word in PHONES if word in places), default=-1)
    secret = max((places[w] for w in SECRETS | SECRET_CODES if w in places), default=-1)
    if phone < 0 or secret > phone:
        return False
    ways = readings([word for word in words if word not in FILLERS])
    digits = ways[0].digits if ways else ""
    if len(digits) in (10, 11) and "0" in digits[:2]:
        return False
    own = digits[2:] if len(digits) in (10, 11) else digits
    landline, mobile = len(own) == 8 and own[0] in "2345", len(own) == 9 and own[0] == "9"
    return (landline or mobile) and not _is_cpf(digits)


def _is_cpf(digits: str) -> bool:
    if len(digits) != 11:
        return False
    values = [int(d) for d in digits]
    for size in (9, 10):
        rest = sum(n * (size + 1 - at) for at, n in enumerate(values[:size])) * 10 % 11 % 10
        if rest != values[size]:
            return False
    return True
