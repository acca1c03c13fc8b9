"""From a value to the pieces that say it, by kind of placeholder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ivr.domain.prompts import calendar, digits, letters, numbers


def _number(value: str) -> tuple[str, ...]:
    return numbers.number_pieces(numbers.whole_number(value, most=numbers.LARGEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a kind is read. ``longest`` is a value about as long as the kind gets."""

    pieces: Callable[[str], tuple[str, ...]]
    longest: str
    joined: str = " "
    """Between the words of its pieces in running text."""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "digits": Kind(pieces=digits.digit_pieces, longest="66666666666", joined=", "),
        "cpf": Kind(pieces=digits.cpf_pieces, longest="66666666666", joined=", "),
        "matricula": Kind(pieces=digits.matricula_pieces, longest="6666666666", joined=", "),
        "protocol": Kind(pieces=digits.protocol_pieces, longest="20666666666", joined=", "),
        "date": Kind(pieces=calendar.date_pieces, longest="2026-11-25"),
        "time": Kind(pieces=calendar.time_pieces, longest="22:55"),
        "number": Kind(pieces=_number, longest="455"),
        "minutes": Kind(pieces=calendar.minutes_pieces, longest="175"),
    }
)
"""Kinds whose pieces may be played openly."""

PROMPT_KIND = "prompt"
"""The value is the id of another prompt, one without placeholders."""
SPELLED_KIND = "spelled"
"""A password letter by letter: only a one-time secret audio may speak it."""
ALL_KINDS = frozenset({*KINDS, PROMPT_KIND, SPELLED_KIND})


@cache
def value_pieces() -> Mapping[str, str]:
    """Every built-in piece with its words ("" for the pause). Built by the first call."""
    return MappingProxyType(digits.table() | numbers.table() | calendar.table() | letters.table())


def pieces_of(kind: str, value: str) -> tuple[str, ...]:
    """Piece ids that say ``value``. Raises KeyError for no open kind, Unspeakable otherwise."""
    return KINDS[kind].pieces(value)


def words_of(kind: str, value: str) -> str:
    """The same in running text: digits parted by commas. Raises as :func:`pieces_of`."""
    table = value_pieces()
    words = [table[piece] for piece in pieces_of(kind, value)]
    if kind == "protocol":
        century, year, *rest = words
        words = [f"{century} {year}", *rest]
    if kind == "date":
        weekday, *rest = words
        words = [f"{weekday},", *rest]
    return KINDS[kind].joined.join(word for word in words if word)


def spelled_pieces(characters: str) -> tuple[str, ...]:
    """Pieces that spell a password. Raises Unspeakable, which does not quote it."""
    return tuple(letters.letter_piece(character) for character in characters)
