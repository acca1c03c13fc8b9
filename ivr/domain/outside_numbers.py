"""The numbers outside the desk to which a caller may be handed, and no others: a desk that dials
whatever is typed is a way to make the state pay for anybody's calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ivr.domain.phone_number import normalise_phone

_NUMBER = r"^\+55[1-9][0-9]{9,10}$"
_PATTERN = r"^\+55[1-9][0-9][0-9]{2}[0-9x]{6,7}$"
"""Country, area and the first two digits are always told: no pattern reaches abroad or to numbers
of other prices (0300, 0500, 0900)."""


class OutsideData(BaseModel):
    """An entry of the list. ``number``: one number (E.164); ``pattern``: a family of them, with an
    ``x`` for each digit that is free."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z_]{2,40}$")
    label: str = Field(min_length=2, max_length=60)
    number: str = Field(default="", pattern=rf"{_NUMBER}|^$")
    pattern: str = Field(default="", pattern=rf"{_PATTERN}|^$")

    @model_validator(mode="after")
    def one_of_the_two(self) -> Self:
        if bool(self.number) == bool(self.pattern):
            raise ValueError("either number or pattern")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideNumber:
    """A number that may be called, and what the desk calls it."""

    label: str
    number: str = field(repr=False)


class OutsideNumbers:
    """The list of ``callflows/queues.toml``."""

    def __init__(self, entries: Sequence[OutsideData]) -> None:
        self.named = {e.name: OutsideNumber(label=e.label, number=e.number) for e in entries}
        self.named = {name: found for name, found in self.named.items() if found.number}
        self._families = [
            (re.compile(re.escape(e.pattern).replace("x", "[0-9]")), e.label)
            for e in entries
            if e.pattern
        ]

    @property
    def takes_typed(self) -> bool:
        """Whether a number that is on no list may be allowed at all."""
        return bool(self._families)

    def find(self, name: str, typed: str = "") -> OutsideNumber | None:
        """The number of a name, else the typed one if it belongs to the list; None: refused."""
        if name:
            return self.named.get(name)
        number = normalise_phone(typed)
        if number is None:
            return None
        known = next((one for one in self.named.values() if one.number == number), None)
        if known is not None:
            return known
        label = next((label for family, label in self._families if family.fullmatch(number)), "")
        return OutsideNumber(label=f"{label} …{number[-4:]}", number=number) if label else None
