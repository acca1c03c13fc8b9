"""Rows behind the figures, the kept sums, alerts, and what a supervisor switches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from ivr.domain.metrics_events import History
from ivr.domain.metrics_tally import Sums
from ivr.ports.queues import QueueRow

Level = Literal["attention", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTickets:
    """Tickets that are not closed: how many, how many are past the last day of a clock, and how
    many end within the next days (breaches to come)."""

    open: int = 0
    late_business: int = 0
    late_calendar: int = 0
    soon: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNow:
    """Live calls that are at a node, ``flow.node``."""

    node: str
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """A threshold that is crossed, or was until ``cleared_at``. ``seen_by``: who acknowledged."""

    id: int = 0
    kind: str
    subject: str = ""
    level: Level
    value: int
    raised_at: datetime
    cleared_at: datetime | None = None
    seen_by: str = ""
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedQueue:
    """A queue that takes nobody, until it is opened or ``until``."""

    queue: str
    at: datetime
    until: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """A message in front of the menu. ``prompt``: its id in the catalogue of prompts."""

    id: int = 0
    prompt: str
    at: datetime
    until: datetime
    by: str
    ended_at: datetime | None = None


class Metrics(Protocol):
    """Raw rows of a period, and their sums by half hour."""

    def history(
        self,
        since: datetime,
        until: datetime,
        *,
        left_out: Collection[str],
        fcr_days: int,
        whole: bool = True,
    ) -> History:
        """Everything that began in ``[since, until)``. ``left_out``: classes that are no contact.
        What goes on at ``until`` is told as it is now. ``whole`` False: without journals, second
        calls, tickets and states, which a board has no need of."""

    def first_start(self) -> datetime | None:
        """Start of the first call of all."""

    def touched(self, since: datetime, *, longest_hours: int, fcr_days: int) -> set[datetime]:
        """Half hours in which something began that changed since then."""

    def rolled(self, since: datetime, until: datetime) -> Mapping[datetime, tuple[str, datetime]]:
        """Half hours whose sums are kept: the version of the rules, and when they were counted."""

    def oldest_rolled(self, since: datetime, *, limit: int) -> list[datetime]:
        """Half hours from then on that were counted longest ago."""

    def put(self, bucket: datetime, sums: Sums, *, version: str, at: datetime) -> None:
        """Keep the sums of a half hour instead of those before."""

    def sums(self, since: datetime, until: datetime, *, version: str) -> Sums:
        """Kept sums of a period, added up."""

    def series(
        self, since: datetime, until: datetime, *, version: str, measures: Sequence[str]
    ) -> Mapping[datetime, Sums]:
        """Kept sums of some measures by half hour."""

    def open_tickets(self, today: date, *, soon: date) -> OpenTickets:
        """``soon``: business-day clocks that end until then, today's included."""

    def nodes_now(self) -> Sequence[NodeNow]:
        """Live calls by node, most first."""

    def faults_since(self, at: datetime, *, started: datetime) -> Mapping[str, int]:
        """Faults and failed requests of calls that began since ``started``, by kind."""

    def ratings_since(self, at: datetime) -> tuple[int, int]:
        """Ratings of the calls that began since then: how many, and their sum."""

    def waiting(self, queue: str, *, limit: int) -> Sequence[QueueRow]:
        """Who waits in a queue, by rank."""

    def failed_proofs_since(self, at: datetime) -> int: ...
    def resets_since(self, at: datetime) -> int: ...


class Switches(Protocol):
    """Alerts, closed queues, messages in front of the menu."""

    def raised(self) -> Sequence[AlertRow]:
        """Thresholds that are crossed now."""

    def alerts_since(self, at: datetime) -> Sequence[AlertRow]:
        """Newest first, those that are crossed now included."""

    def raise_alert(self, row: AlertRow) -> bool:
        """False when one of that kind and subject is raised already."""

    def update_alert(self, row: AlertRow) -> None:
        """Write level, value and end."""

    def see_alert(self, id: int, *, by: str, at: datetime) -> bool:
        """Acknowledge once. False for an unknown one, or one acknowledged before."""

    def closed_queues(self, *, now: datetime) -> Mapping[str, ClosedQueue]: ...
    def close_queue(self, row: ClosedQueue) -> None:
        """Close, or change until when."""

    def open_queue(self, queue: str) -> bool:
        """False when it was not closed."""

    def outage(self, *, now: datetime) -> OutageRow | None:
        """The newest that is in force: neither ended nor expired."""

    def begin_outage(self, row: OutageRow) -> None: ...
    def end_outage(self, id: int, *, at: datetime) -> bool:
        """False when it is over."""
