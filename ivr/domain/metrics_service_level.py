"""The five formulas of service level that desks use, on the same counts.

The published example, which the tests hold against them: 1000 answered, 860 of them within 20 s,
60 abandoned, 20 of them within 20 s, 10 of those within 5 s: 83.02, 86.00, 81.13, 82.69, 82.08 %
(callcentrehelper.com, "service level threshold calculations"; ICMI).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitCounts:
    """Counts of one queue or of all. ``…_in``: within the threshold; ``short``: abandoned within
    the few seconds in which nobody could have answered."""

    answered: int = 0
    answered_in: int = 0
    abandoned: int = 0
    abandoned_in: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """``parts``: numerator and denominator."""

    id: str
    text: str
    parts: Callable[[WaitCounts], tuple[int, int]]

    def percent(self, counts: WaitCounts) -> float | None:
        """None without a call to judge."""
        over, under = self.parts(counts)
        return None if under == 0 else 100 * over / under


FORMULAS: Mapping[str, Formula] = {
    formula.id: formula
    for formula in (
        Formula(
            id="F1",
            text="(atendidas até T + abandonadas até T) ÷ (atendidas + abandonadas)",
            parts=lambda c: (c.answered_in + c.abandoned_in, c.answered + c.abandoned),
        ),
        Formula(
            id="F2",
            text="atendidas até T ÷ atendidas",
            parts=lambda c: (c.answered_in, c.answered),
        ),
        Formula(
            id="F3",
            text="atendidas até T ÷ (atendidas + abandonadas)",
            parts=lambda c: (c.answered_in, c.answered + c.abandoned),
        ),
        Formula(
            id="F4",
            text="atendidas até T ÷ (atendidas + abandonadas depois de T)",
            parts=lambda c: (c.answered_in, c.answered + c.abandoned - c.abandoned_in),
        ),
        Formula(
            id="F5",
            text="(atendidas até T + abandonos curtos) ÷ (atendidas + abandonadas)",
            parts=lambda c: (c.answered_in + c.short, c.answered + c.abandoned),
        ),
    )
}
DEFAULT = "F4"
