"""Rules of the desk that were changed on a page: a value by key, over what the files say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """The newest of a key. ``value`` None: the standard was taken back. ``revision`` grows with
    every change of any key."""

    key: str
    value: Any
    revision: int
    changed_by: str
    changed_at: datetime


class KeptRules(Protocol):
    """What was changed; a key that never was has no row."""

    def revision(self) -> int:
        """Of the newest change, 0 before the first: one look-up, the same on every host."""

    def all(self) -> Sequence[KeptRule]:
        """By key."""

    def lock(self) -> None:
        """Hold other transactions that change rules until this one ends."""

    def put(self, key: str, value: Any, *, was: int, by: str, at: datetime) -> bool:
        """Keep a value. ``was``: the key's revision that the change was made from, 0 for none.
        False when it is another one now."""
