"""CPU time of everything that runs, by kind: it hardly depends on what else the machine does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Spent:
    """Look often: what a process spent between the last look and its death is not seen."""

    def __init__(self) -> None:
        self._first: dict[tuple[int, int], int] = {}
        self._last: dict[tuple[int, int], tuple[str, int]] = {}

    def look(self, kinds: Mapping[str, Iterable[int]]) -> None:
        """``kinds``: process ids by the name of what they are."""
        for kind, pids in kinds.items():
            for pid in pids:
                seen = _ticks(pid)
                if seen is not None:
                    started, spent = seen
                    self._last[(pid, started)] = (kind, spent)

    def begin(self) -> None:
        """Count from here on: what was spent before is left out."""
        self._first = {process: spent for process, (_, spent) in self._last.items()}

    def seconds(self) -> dict[str, float]:
        """User and system time by kind."""
        found: dict[str, float] = {}
        for process, (kind, spent) in self._last.items():
            since = spent - self._first.get(process, 0)
            found[kind] = found.get(kind, 0.0) + since / TICKS
        return found


def children(pid: int) -> list[int]:
    """Processes that a process started, as far as they live."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _ticks(pid: int) -> tuple[int, int] | None:
    """When the process started and what it has spent, in ticks; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19]), int(fields[11]) + int(fields[12])
