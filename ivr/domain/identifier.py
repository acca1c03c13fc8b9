"""Numbers that say who somebody is: CPF and matrícula. They identify; they never authenticate.

Matrícula rule: 4 to 9 digits, the last one a check digit. The digits before it are weighed 2, 3,
4 … 9 from right to left; with r the rest of the sum by 11, the check digit is 11 - r, and 0 when
that is 10 or 11. Leading zeros are part of the number. Because 10 and 11 fold into 0, a wrong key
can slip through when either number ends in 0; the rule saves look-ups, it proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ivr.domain.phone_number import is_br_mobile, mask_phone, normalise_phone

__all__ = [
    "CPF_LENGTH",
    "LENGTHS",
    "MATRICULA_MAX",
    "MATRICULA_MIN",
    "Identifier",
    "IdentifierFault",
    "IdentifierKind",
    "is_br_mobile",
    "mask_cpf",
    "mask_matricula",
    "mask_phone",
    "matricula_check_digit",
    "normalise_phone",
    "parse_identifier",
    "parse_keyed",
]

MATRICULA_MIN = 4
MATRICULA_MAX = 9
CPF_LENGTH = 11


class IdentifierKind(StrEnum):
    """What a number is."""

    CPF = "cpf"
    MATRICULA = "matricula"


class IdentifierFault(StrEnum):
    """Why a number cannot be one of its kind, before anything is looked up."""

    NOT_DIGITS = "not_digits"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    REPEATED = "repeated"
    BAD_CHECK_DIGIT = "bad_check_digit"


LENGTHS: dict[IdentifierKind, tuple[int, int]] = {
    IdentifierKind.CPF: (CPF_LENGTH, CPF_LENGTH),
    IdentifierKind.MATRICULA: (MATRICULA_MIN, MATRICULA_MAX),
}
"""Fewest and most digits of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A well-formed identifier, digits only. Its repr does not show them."""

    kind: IdentifierKind
    digits: str = field(repr=False)

    @property
    def masked(self) -> str:
        """For screens."""
        if self.kind is IdentifierKind.CPF:
            return mask_cpf(self.digits)
        return mask_matricula(self.digits)


def parse_identifier(kind: IdentifierKind | str, digits: str) -> Identifier | IdentifierFault:
    """Check what was keyed or recognised, digits only, against the rule of its kind.

    Raises ValueError for an unknown kind.
    """
    kind = IdentifierKind(kind)
    if digits and not _only_digits(digits):
        return IdentifierFault.NOT_DIGITS
    least, most = LENGTHS[kind]
    if len(digits) < least:
        return IdentifierFault.TOO_SHORT
    if len(digits) > most:
        return IdentifierFault.TOO_LONG
    if len(set(digits)) == 1:
        return IdentifierFault.REPEATED
    good = _cpf_holds(digits) if kind is IdentifierKind.CPF else _matricula_holds(digits)
    return Identifier(kind=kind, digits=digits) if good else IdentifierFault.BAD_CHECK_DIGIT


def parse_keyed(digits: str) -> Identifier | IdentifierFault:
    """Tell CPF from matrícula by length: up to 9 digits a matrícula, 10 or more a CPF."""
    short = len(digits) <= MATRICULA_MAX
    return parse_identifier(IdentifierKind.MATRICULA if short else IdentifierKind.CPF, digits)


def matricula_check_digit(body: str) -> str:
    """Check digit of a matrícula from the 3 to 8 digits before it. Raises ValueError."""
    if not _only_digits(body) or not MATRICULA_MIN - 1 <= len(body) <= MATRICULA_MAX - 1:
        raise ValueError("the body of a matrícula has 3 to 8 digits")
    total = sum(weight * int(digit) for weight, digit in enumerate(reversed(body), start=2))
    check = 11 - total % 11
    return "0" if check > 9 else str(check)


def mask_cpf(digits: str) -> str:
    """``***.456.789-**``: the middle six digits. Anything but 11 digits is hidden whole."""
    if len(digits) != CPF_LENGTH or not _only_digits(digits):
        return "***.***.***-**"
    return f"***.{digits[3:6]}.{digits[6:9]}-**"


def mask_matricula(digits: str) -> str:
    """All but the last three digits hidden."""
    shown = digits[-3:] if len(digits) >= MATRICULA_MIN else ""
    return "*" * (len(digits) - len(shown)) + shown


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _matricula_holds(digits: str) -> bool:
    return matricula_check_digit(digits[:-1]) == digits[-1]


def _cpf_holds(digits: str) -> bool:
    from validate_docbr import CPF

    return bool(CPF().validate(digits))
