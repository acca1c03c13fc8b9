"""Protocol number of a ticket: 12 digits that can be keyed, ``2026.0000123-4`` on screens.

Four digits of the year, seven of the year's sequence, one check digit. The check digit is H. M.
Damm's (quasigroup of order 10, "Total anti-symmetrische Quasigruppen", 2004): it catches every
single wrong digit and every swap of neighbours, needs no eleventh symbol, and so stays on a keypad.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LENGTH = 12
FIRST_YEAR = 2000
LAST_YEAR = 2999
LAST_SEQUENCE = 9_999_999

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class ProtocolFault(StrEnum):
    """Why digits are not a protocol number."""

    NOT_DIGITS = "not_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    BAD_CHECK_DIGIT = "bad_check_digit"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Protocol:
    """A protocol number. Raises ValueError for a year or sequence out of range."""

    year: int
    sequence: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError("the year of a protocol has four digits from 2000 on")
        if not 1 <= self.sequence <= LAST_SEQUENCE:
            raise ValueError("the sequence of a protocol runs from 1 to 9999999")

    @property
    def digits(self) -> str:
        """The 12 digits, as keyed, stored and spoken."""
        body = f"{self.year:04d}{self.sequence:07d}"
        return body + check_digit(body)

    @property
    def formatted(self) -> str:
        """For screens and messages: ``2026.0000123-4``."""
        return f"{self.year:04d}.{self.sequence:07d}-{self.digits[-1]}"

    def __str__(self) -> str:
        return self.formatted


def make_protocol(year: int, sequence: int) -> Protocol:
    """Protocol of the year's sequence number. Raises ValueError when out of range."""
    return Protocol(year=year, sequence=sequence)


def parse_protocol(digits: str) -> Protocol | ProtocolFault:
    """Read 12 digits, or the form for screens. The check digit tells a slip of the keys."""
    plain = digits.translate({ord(mark): None for mark in ".- "})
    if plain and not (plain.isascii() and plain.isdigit()):
        return ProtocolFault.NOT_DIGITS
    if len(plain) < LENGTH:
        return ProtocolFault.TOO_SHORT
    if len(plain) > LENGTH:
        return ProtocolFault.TOO_LONG
    if check_digit(plain[:-1]) != plain[-1]:
        return ProtocolFault.BAD_CHECK_DIGIT
    try:
        return Protocol(year=int(plain[:4]), sequence=int(plain[4:-1]))
    except ValueError:
        return ProtocolFault.OUT_OF_RANGE


def check_digit(body: str) -> str:
    """Damm check digit of a string of digits."""
    row = 0
    for digit in body:
        row = _DAMM[row][int(digit)]
    return str(row)
