"""Why a rule of the desk cannot be what somebody on a page wants it to be."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError


class RuleFaultError(ValueError):
    """``faults``: pairs of a field's name and what is wrong with it, in the reader's words."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        self.faults: tuple[tuple[str, str], ...] = faults
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))

    @classmethod
    def of(cls, error: ValidationError, words: Iterable[tuple[str, str]] = ()) -> RuleFaultError:
        """From a shape that does not hold. ``words``: what to tell for a field's name, and under
        ``whole`` for what is about no field that is named."""
        known = dict(words)
        found = []
        for fault in error.errors(include_url=False, include_input=False):
            field = ".".join(str(part) for part in fault["loc"])
            names = [str(part) for part in fault["loc"]]
            why = next(
                (known[n] for n in reversed(names) if n in known),
                known.get("whole", "Valor inválido."),
            )
            found.append((field, why))
        return cls(*found)
