"""What the prompts may cost a caller: ``prompts/budget.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.adapters.speech.ear.line import Line


class BudgetError(ValueError):
    """The file cannot be read or says what it may not; the text names the place."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Seconds(_Part):
    """From the first word of a menu: until its first option, until it offers a person; and the
    length of any prompt. ``opening``: from the first word of the call to its first option."""

    first_option: float = Field(gt=0)
    person: float = Field(gt=0)
    prompt: float = Field(gt=0)
    opening: float = Field(gt=0)


class Reading(_Part):
    """Least reading ease: of all texts together, and of each with ``words`` or more."""

    all: float
    each: float
    words: int = Field(ge=1)


class LineBudget(_Part):
    """A line and what may go wrong on it, as shares: ``word_error`` of the words of the prompts,
    ``confused`` of the words of callers (taken for another option), ``missed`` (for none)."""

    name: str
    noise_db: float | None = None
    room: bool = False
    loss: float = Field(default=0.0, ge=0, lt=1)
    word_error: float = Field(ge=0, le=1)
    confused: float = Field(ge=0, le=1)
    missed: float = Field(ge=0, le=1)

    @property
    def line(self) -> Line:
        return Line(name=self.name, noise_db=self.noise_db, room=self.room, loss=self.loss)


class Budget(_Part):
    """The whole file."""

    seconds: Seconds
    reading: Reading
    lines: tuple[LineBudget, ...] = Field(min_length=1)


def read_budget(file: Path) -> Budget:
    """Raises BudgetError."""
    try:
        return Budget.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BudgetError(f"{file.name}: {place}: {first['msg']}") from None
    except (OSError, ValueError) as error:
        raise BudgetError(f"{file.name}: {error}") from None
