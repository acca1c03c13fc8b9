"""What happened, as the figures see it: raw rows, without names and numbers of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

BUCKET = timedelta(minutes=30)
"""Figures are kept by half hour."""

ANSWERED = frozenset({"answered", "bridged", "bridging-in-process", "redirected-from-bridged"})
"""Results of a wait that ended with a person."""
GAVE_UP = frozenset({"abandoned", "hangup"})
"""Results of a wait that the caller ended by hanging up."""


def bucket_of(at: datetime) -> datetime:
    """Start of the half hour of an instant. The desk's zone is whole hours from UTC, so that the
    half hours of both are the same."""
    return at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay of a call in a queue. ``began``: where the wait is counted from."""

    call_sid: str
    queue: str
    began: datetime
    left_at: datetime | None = None
    result: str = ""
    kind: str = "call"

    @property
    def seconds(self) -> float:
        """The wait, 0 while it goes on."""
        return 0.0 if self.left_at is None else (self.left_at - self.began).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One talk of an agent with a caller, and the work after it."""

    call_sid: str
    queue: str
    agent: str
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    hold_seconds: int = 0
    wrapped_at: datetime | None = None
    contact_class: str = ""
    kind: str = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of a call's journal that figures count."""

    kind: str
    node: str = ""
    """``flow.node``."""
    word: str = ""
    """Factor, service, outcome: what the kind is about."""
    result: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call with its journal, the talks and stays that it had at any time, and whether the same
    person called again for the same service within the window (None: cannot be told)."""

    sid: str
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    outcome: str = ""
    revision: str = ""
    turns: int = 0
    """The turn that the carrier asks for next."""
    service: str = ""
    again: bool | None = None
    steps: tuple[Step, ...] = ()
    talks: tuple[Talk, ...] = ()
    stays: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A ticket that was closed, with the last local days of its two clocks."""

    opened_at: datetime
    closed_on: date
    due_business: date
    due_calendar: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InState:
    """An agent in one state, cut to the period asked for."""

    agent: str
    state: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that began in one period: calls, stays, talks and tickets by their own start,
    states cut to it. ``left_out``: calls that were no contact (prank, wrong number, test)."""

    calls: tuple[CallSeen, ...] = ()
    stays: tuple[Stay, ...] = ()
    talks: tuple[Talk, ...] = ()
    closed: tuple[Closed, ...] = ()
    states: tuple[InState, ...] = ()
    left_out: frozenset[str] = frozenset()
