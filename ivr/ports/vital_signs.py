"""What tells whether the service is well: figures of the database, signs of life of the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """Counts at one moment. Ages in seconds; nothing of any person.

    ``jobs``: by state (queued, running, done, failed). ``oldest_job``: age of the oldest job that
    is due and not settled. ``retrying``: jobs that were tried and wait for another try.
    ``failed_lately``: jobs that were given up in the last 15 minutes. ``waiting``: callers and the
    longest wait, by queue. ``agents``: by state. ``worker_age``: since a worker's last sign of
    life, None when there never was one.
    """

    live_calls: int
    open_tickets: int
    late_tickets: int
    jobs: Mapping[str, int]
    oldest_job: float
    retrying: int
    failed_lately: int
    waiting: Mapping[str, tuple[int, float]]
    agents: Mapping[str, int]
    worker_age: float | None


class Vitals(Protocol):
    def beat(self, name: str, *, at: datetime) -> None:
        """A sign of life."""

    def signs(self, *, now: datetime) -> VitalSigns: ...
