"""Graphs in OpenFst's "vector" format, as Vosk reads them.

Header: magic 2125659606, "vector", "standard", version 2, flags 0, properties 3 (expanded and
mutable), start, numbers of states and arcs. A state: final weight (infinite: not final), number
of arcs, then the arcs: input and output label, weight, next state. Little-endian.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_MAGIC = 2125659606


@dataclass(frozen=True, slots=True)
class Arc:
    """Labels are ids, 0 for none. ``weight``: negative logarithm of a probability."""

    read: int
    write: int
    weight: float
    to: int


@dataclass(slots=True)
class Graph:
    """State 0 is the start."""

    arcs: list[list[Arc]] = field(default_factory=list)
    final: dict[int, float] = field(default_factory=dict)

    def state(self) -> int:
        """A new state."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, source: int, read: int, write: int, weight: float, to: int) -> None:
        """A new arc."""
        self.arcs[source].append(Arc(read, write, weight, to))

    def save(self, file: Path, *, by: Literal["read", "write"]) -> None:
        """Write the file, arcs in the order of one label: composition needs it."""
        head = _text("vector") + _text("standard")
        count = sum(map(len, self.arcs))
        out = bytearray(struct.pack("<i", _MAGIC) + head)
        out += struct.pack("<iiQqqq", 2, 0, 3, 0, len(self.arcs), count)
        for state, arcs in enumerate(self.arcs):
            out += struct.pack("<fq", self.final.get(state, math.inf), len(arcs))
            whole = [(arc.read, arc.write, arc.weight, arc.to) for arc in arcs]
            place = 0 if by == "read" else 1
            for each in sorted(whole, key=lambda arc: (arc[place], arc)):
                out += struct.pack("<iifi", *each)
        file.write_bytes(out)


def _text(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()
