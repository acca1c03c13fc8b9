"""What Twilio would write in its error log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A numbered error or warning (twilio.com/docs/api/errors).

    An error ends the document and sends the call to its fallback URL; a warning only ignores
    what it names.
    """

    code: int
    level: Level
    text: str


def error(code: int, text: str) -> Problem:
    return Problem(code=code, level="error", text=text)


def warning(code: int, text: str) -> Problem:
    return Problem(code=code, level="warning", text=text)
