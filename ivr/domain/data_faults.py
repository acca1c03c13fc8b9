"""Faults of a text file of settings: every one is told, each with the key it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class DataFaultError(ValueError):
    """A file's data does not hold. ``problems``: one line each, ``key: what is wrong``."""

    def __init__(self, subject: str, problems: Iterable[str]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        super().__init__(f"{subject}: " + "; ".join(self.problems))

    @classmethod
    def of(cls, subject: str, error: ValidationError) -> DataFaultError:
        """The same fault in the words of the file: ``services[2].code: …``."""
        return cls(
            subject,
            [
                f"{_key(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors(include_url=False, include_input=False)
            ],
        )


def _key(location: tuple[int | str, ...]) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key or "(whole file)"
