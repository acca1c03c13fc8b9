"""Rows whose time is over, rows that must stay longer, and the marks that erased ones leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ivr.domain.retention import RetentionClass
from ivr.ports.queues import RecordingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """What must not be erased while it stands. ``object``: ``ticket:<protocol>``,
    ``recording:<sid>`` or ``person:<keyed hash>``."""

    id: str
    object: str
    reason: str
    added_by: str
    added_at: datetime
    removed_by: str = ""
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a class has to erase: ``rows``, of which the ``oldest``; ``held`` by a legal hold."""

    rows: int = 0
    oldest: datetime | None = None
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Mark of something that was erased. ``kind``: the class, or ``request``."""

    object: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRun:
    """The run of a day (in Campo Grande). ``counts``: rows erased, by class."""

    day: date
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]


class Retention(Protocol):
    """Deleting is allowed here only, also from tables that else only grow; not from the audit."""

    def hold(self, hold: LegalHold) -> None: ...
    def release(self, hold_id: str, *, by: str, at: datetime) -> bool:
        """False when there is none that stands."""

    def holds(self) -> list[LegalHold]:
        """Those that stand, oldest first."""

    def ended(self, *, most: int) -> list[LegalHold]:
        """Those that were lifted, the newest first, as long as they are kept."""

    def is_held(self, *objects: str) -> bool:
        """Whether a hold on one of the objects stands."""

    def due(self, kind: RetentionClass, *, before: datetime) -> Due: ...
    def purge(self, kind: RetentionClass, *, before: datetime, at: datetime, most: int) -> int:
        """Erase up to ``most`` units of a class; how many. Not for recordings, whose sound is
        outside the database."""

    def recordings_due(self, *, before: datetime, most: int, after: str) -> list[RecordingRow]:
        """Recordings to erase with an id above ``after``, by id."""

    def recording_erased(self, sid: str, *, kind: str, at: datetime) -> None:
        """Its sound is gone, here and at the carrier."""

    def erased(self, object: str) -> Erasure | None:
        """The newest mark of an object."""

    def begin_run(self, day: date, *, at: datetime, stale_before: datetime) -> bool:
        """Take the run of a day. False when it is done, or somebody began it lately."""

    def finish_run(self, day: date, *, at: datetime, counts: Mapping[str, int]) -> None: ...
    def last_run(self) -> RetentionRun | None:
        """The newest that was finished."""
