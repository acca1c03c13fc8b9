"""Numbers whose callers meet no person by telephone for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedRow:
    """A block. It holds from ``added_at`` up to and without ``expires_at``, unless it was lifted
    at ``removed_at`` by ``removed_by``. ``number`` is E.164; it and the note are sealed at rest."""

    id: int = 0
    number: str = field(repr=False)
    note: str = field(repr=False)
    added_by: str
    added_at: datetime
    expires_at: datetime
    removed_by: str = ""
    removed_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it has effect at that instant."""
        return self.removed_at is None and now < self.expires_at


class Blocked(Protocol):
    """Blocks, kept after their end."""

    def holds(self, number: str, *, now: datetime) -> bool:
        """Whether a number (E.164) is blocked at that instant: one look-up by keyed hash."""

    def add(self, row: BlockedRow) -> bool:
        """False when a block of that number holds already."""

    def remove(self, block: int, *, by: str, at: datetime) -> BlockedRow | None:
        """Lift a block that holds; None when there is none of that id."""

    def all(self, *, limit: int = 200) -> Sequence[BlockedRow]:
        """Those that nobody lifted first, then by their end, the last to end first."""

    def forget(self, *, before: datetime) -> int:
        """Erase blocks that ended at that instant or earlier; how many."""
