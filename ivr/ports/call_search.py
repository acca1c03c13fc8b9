"""The call log: what is kept of each call so that it is found, and the searches over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from ivr.ports.desk import EngagementRow, LegRow, OfferRow
from ivr.ports.queues import QueueRow, RecordingRow
from ivr.ports.tickets import Known

Sought = Literal["sid", "protocol", "caller_hash", "person", "matricula_hash", "agent", "service"]
"""What the search box may have been given."""
ViewKind = Literal["view", "last", "columns"]
Duration = Literal["ate_1", "1_a_5", "5_a_15", "mais_de_15"]
"""Minutes from the first second to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """A call as the log knows it. ``ended_at`` None: it goes on.

    ``caller_hash``, ``person`` and ``matricula_hash`` are keyed hashes. ``agent`` and ``queue``
    are the last ones. Seconds do not overlap: talking counts before waiting, the rest is the
    IVR's. ``queue_position``: place in the queue when an abandoned caller left it, else 0.
    """

    sid: str
    protocol: str
    started_at: datetime
    ended_at: datetime | None = None
    caller_hash: str = ""
    person: str = ""
    matricula_hash: str = ""
    agent: str = ""
    queue: str = ""
    service: str = ""
    outcome: str = ""
    node: str = ""
    ended_by: str = ""
    identity: str = "anonymous"
    revision: str = ""
    contact_class: str = ""
    rating: int | None = None
    ivr_seconds: int = 0
    queue_seconds: int = 0
    talk_seconds: int = 0
    queue_position: int = 0
    duration: Duration = "ate_1"
    had_error: bool = False
    recorded: bool = False
    transferred: bool = False
    abandoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of the log. ``caller_end``: last four digits of the number, empty when withheld or
    erased; ``known``: what is kept of the person, None for nobody or erased."""

    facts: CallFacts
    caller_end: str = ""
    known: Known | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which calls; an empty field does not filter.

    ``since`` and ``until`` (not counted in) bound the start. ``any_of``: one of these is enough,
    each a column and its value.
    """

    since: datetime | None = None
    until: datetime | None = None
    any_of: tuple[tuple[Sought, str], ...] = ()
    agent: str = ""
    queue: str = ""
    service: str = ""
    outcome: str = ""
    ended_by: str = ""
    identity: str = ""
    duration: str = ""
    contact_class: str = ""
    rating: int | None = None
    had_error: bool = False
    recorded: bool = False
    transferred: bool = False
    abandoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """An effect of a call and what became of it. ``outcome`` holds ids and words only."""

    key: str
    kind: str
    state: str
    attempts: int
    created_at: datetime
    settled_at: datetime | None
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTrail:
    """All rows of a call beside its journal, each oldest first.

    ``places``: place in the queue of each entry when it was left, itself counted.
    """

    entries: tuple[QueueRow, ...] = ()
    places: tuple[int, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    talks: tuple[EngagementRow, ...] = ()
    legs: tuple[LegRow, ...] = ()
    jobs: tuple[JobLine, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """Something that a person of the desk keeps of the log. ``value``: a query or column names."""

    staff: str
    kind: ViewKind
    name: str
    value: str
    at: datetime


class CallSearch(Protocol):
    """Calls by what they have in common, newest first."""

    def record(
        self, facts: CallFacts, *, agents: tuple[str, ...] = (), queues: tuple[str, ...] = ()
    ) -> None:
        """Write the row of a call that is over, or write it anew. ``agents``: all who talked
        with the caller; ``queues``: all that it waited in."""

    def facts(self, sid: str) -> CallFacts | None:
        """None while the call goes on and for one that is unknown."""

    def page(
        self, wanted: LogFilter, *, before: tuple[datetime, str] | None = None, limit: int = 51
    ) -> list[LogLine]:
        """Calls that are over; ``before``: (started_at, sid) of the last one of the page before."""

    def count(self, wanted: LogFilter) -> int: ...
    def every(self, wanted: LogFilter) -> Iterator[LogLine]:
        """All of them from one snapshot, read as they are taken, never held together."""

    def live(self, *, limit: int = 500) -> list[LogLine]:
        """Calls that go on, newest first."""

    def trail(self, call_sid: str) -> CallTrail: ...
    def views(self, staff: str) -> list[SavedView]:
        """By kind and name."""

    def keep_view(self, view: SavedView) -> None:
        """Write it, or write it anew under the same kind and name."""

    def drop_view(self, staff: str, kind: ViewKind, name: str) -> bool:
        """False when there is none."""
