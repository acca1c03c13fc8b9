"""Markers of the changes that were made, as one value of a directory attribute.

The value is ``ivr1:`` and short hashes of the last markers, newest first. Being one value, it is
replaced by comparing and swapping: delete the value that was read, add the new one, in the same
Modify as the change itself (RFC 4511 §4.6: all or nothing).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "ivr1:"
HASH_LENGTH = 24
"""Hexadecimal digits kept of each marker's SHA-256: 96 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMarkers:
    """``text``: the value as it stands in the directory, empty when there is none yet."""

    text: str = ""

    @classmethod
    def among(cls, values: Sequence[str]) -> ChangeMarkers:
        """The value of ours among all values of the attribute; others are left alone."""
        return cls(text=next((v for v in values if v.startswith(PREFIX)), ""))

    def __contains__(self, marker: str) -> bool:
        return hash_of_marker(marker) in self.text.removeprefix(PREFIX).split(",")

    def with_marker(self, marker: str, *, keep: int) -> ChangeMarkers:
        """The value after a change with ``marker``; the oldest beyond ``keep`` are forgotten."""
        kept = [h for h in self.text.removeprefix(PREFIX).split(",") if h]
        return ChangeMarkers(text=PREFIX + ",".join([hash_of_marker(marker), *kept][:keep]))


def hash_of_marker(marker: str) -> str:
    """What stands for a marker in the directory."""
    return hashlib.sha256(marker.encode()).hexdigest()[:HASH_LENGTH]
