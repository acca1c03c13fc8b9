"""What is asked of a telephone PIN: eight to twelve digits that nobody would guess first.

A PIN is typed on a keypad, so it has digits only; NIST SP 800-63B-4 §3.1.1.2 asks for a blocklist
and a reason for each refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

PIN_MIN = 8
PIN_MAX = 12
OWN_RUN = 5
"""Digits in a row shared with a number of the owner that make a PIN theirs."""
_SEQUENCE_RUN = 4
_SEQUENCE_DIGITS = 5
_FEWEST_DIFFERENT = 4
_BIRTH_YEARS = range(1900, 2036)


class PinFault(StrEnum):
    """What is wrong with a PIN."""

    NOT_DIGITS = "not_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED = "repeated"
    SEQUENCE = "sequence"
    DATE = "date"
    OWN_CPF = "own_cpf"
    OWN_MATRICULA = "own_matricula"
    OWN_MOBILE = "own_mobile"


MESSAGES: dict[PinFault, str] = {
    PinFault.NOT_DIGITS: "Use só algarismos, de 0 a 9, sem espaço nem ponto.",
    PinFault.TOO_SHORT: f"Use pelo menos {PIN_MIN} algarismos.",
    PinFault.TOO_LONG: f"Use no máximo {PIN_MAX} algarismos.",
    PinFault.REPEATED: "Há algarismos repetidos demais. Misture pelo menos quatro diferentes.",
    PinFault.SEQUENCE: "Há uma sequência, como 12345 ou 98765. Misture os algarismos.",
    PinFault.DATE: "Parece uma data, como a de um aniversário. Use outros algarismos.",
    PinFault.OWN_CPF: "Contém uma parte do seu CPF. Use outros algarismos.",
    PinFault.OWN_MATRICULA: "Contém a sua matrícula. Use outros algarismos.",
    PinFault.OWN_MOBILE: "Contém uma parte do seu celular. Use outros algarismos.",
}
"""Words for the person. None holds the PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinOwner:
    """Numbers that must not make up the PIN; empty where they are not known."""

    cpf: str = field(default="", repr=False)
    matricula: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    """E.164."""


def check_pin(pin: str, *, owner: PinOwner) -> tuple[PinFault, ...]:
    """Every reason to refuse a PIN; empty when it is good."""
    if not (pin.isascii() and pin.isdigit()):
        return (PinFault.NOT_DIGITS,)
    if len(pin) < PIN_MIN:
        return (PinFault.TOO_SHORT,)
    if len(pin) > PIN_MAX:
        return (PinFault.TOO_LONG,)
    rules = {
        PinFault.REPEATED: _is_repeated(pin),
        PinFault.SEQUENCE: _is_sequence(pin),
        PinFault.DATE: _holds_date(pin),
        PinFault.OWN_CPF: _shares(pin, owner.cpf, run=OWN_RUN),
        PinFault.OWN_MATRICULA: bool(owner.matricula)
        and _shares(pin, owner.matricula, run=min(OWN_RUN, len(owner.matricula))),
        PinFault.OWN_MOBILE: _shares(pin, owner.mobile.removeprefix("+55"), run=OWN_RUN),
    }
    return tuple(fault for fault, broken in rules.items() if broken)


def _is_repeated(pin: str) -> bool:
    """Few different digits, one digit four times in a row, or a block written over and over."""
    blocks = range(1, len(pin) // 2 + 1)
    return (
        len(set(pin)) < _FEWEST_DIFFERENT
        or re.search(r"(\d)\1{3}", pin) is not None
        or any(pin == (pin[:n] * len(pin))[: len(pin)] for n in blocks)
    )


def _is_sequence(pin: str) -> bool:
    """Steps of one, up or down, over most of the PIN, or the same step all along."""
    steps = [(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)]
    if len(set(steps)) == 1:
        return True
    in_runs = longest = 0
    for direction in (1, 9):
        run = 1
        for step in [*steps, None]:
            if step == direction:
                run += 1
                continue
            if run >= _SEQUENCE_RUN:
                in_runs += run
            longest = max(longest, run)
            run = 1
    return longest >= _SEQUENCE_DIGITS or in_runs > _SEQUENCE_DIGITS


def _holds_date(pin: str) -> bool:
    """A day of a life: DDMMYYYY, MMDDYYYY or YYYYMMDD anywhere in the PIN."""
    for start in range(len(pin) - 7):
        p = pin[start : start + 8]
        orders = ((p[4:], p[2:4], p[:2]), (p[4:], p[:2], p[2:4]), (p[:4], p[4:6], p[6:]))
        if any(_is_day(*map(int, order)) for order in orders):
            return True
    return False


def _is_day(year: int, month: int, day: int) -> bool:
    if year not in _BIRTH_YEARS:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _shares(pin: str, number: str, *, run: int) -> bool:
    return any(number[n : n + run] in pin for n in range(len(number) - run + 1))
