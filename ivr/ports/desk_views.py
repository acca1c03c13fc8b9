"""What an agent's console reads beside the rows of the desk: the day so far, the queues now,
earlier calls of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ivr.ports.desk import PresenceState


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTalk:
    """A talk of an agent, with the rating that its ticket got."""

    offer: str
    protocol: str
    queue: str
    service: str
    started_at: datetime
    ended_at: datetime | None
    wrapped_at: datetime | None
    disposition: str
    contact_class: str
    rating: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNow:
    """Callers who wait in a queue. ``oldest``: start of the longest wait that goes on."""

    queue: str
    waiting: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleagueNow:
    """Somebody at the desk: account id, name, state of the presence."""

    id: str
    name: str
    state: PresenceState


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTicket:
    """A ticket that the same person, or the same number, had before."""

    protocol: str
    call_sid: str
    opened_at: datetime
    due_business: date
    status: str
    outcome: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStay:
    """One stay of a call in a queue."""

    queue: str
    entered_at: datetime
    left_at: datetime | None
    result: str
    priority_kind: str


class DeskViews(Protocol):
    """Reads only; nothing here takes a lock."""

    def talks(self, agent: str, *, since: datetime, limit: int = 500) -> Sequence[DayTalk]:
        """Newest first."""

    def offers_by_state(self, agent: str, *, since: datetime) -> dict[str, int]:
        """How many offers ended in each state."""

    def queues(self) -> Sequence[QueueNow]:
        """Queues where somebody waits."""

    def colleagues(self) -> Sequence[ColleagueNow]:
        """Active accounts that are not offline, by name."""

    def stays(self, call_sid: str) -> Sequence[QueueStay]:
        """Oldest first."""

    def talks_of_call(self, call_sid: str) -> int:
        """Talks that the call has had with agents."""

    def earlier(
        self, *, person: str, not_call: str, before: datetime, limit: int = 3
    ) -> Sequence[EarlierTicket]:
        """Newest first; empty for an empty ``person``."""

    def proven_calls_from(
        self, caller: str, *, not_call: str, since: datetime, limit: int = 10
    ) -> Sequence[str]:
        """Earlier calls from a number (its keyed hash) in which somebody proved who they were,
        newest first; empty for an empty ``caller``. A number can be forged: it proves nothing."""

    def calls_since(self, *, person: str, caller: str, since: datetime) -> int:
        """Calls of the person, or of the caller's number when ``person`` is empty (both are
        keyed hashes)."""
