"""Callers who wait: in the queue, for a call back, by what they left recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

RecordingState = Literal["at_carrier", "kept", "erased", "lost"]
CallbackState = Literal["waiting", "done", "dropped"]
CallbackKind = Literal["asked", "scheduled", "missed", "dropped_call", "outgoing", "number"]
"""``outgoing``: called from a ticket. ``number``: no promise, only the caller's number, kept until
the work after the talk is over."""
EntryKind = Literal["call", "callback", "transfer", "consult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """A recording at the carrier that belongs to a ticket."""

    sid: str
    protocol: str
    call_sid: str
    purpose: str
    seconds: int
    at: datetime
    state: RecordingState = "at_carrier"
    engagement: str = ""
    """Offer of the talk that it holds, empty for what a caller left alone."""
    file: str = ""
    """Name in our own store, once fetched."""
    fetched_at: datetime | None = None
    deleted_at: datetime | None = None
    """When it was deleted at the carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRow:
    """A promise to call back. ``number`` is sealed at rest."""

    protocol: str
    call_sid: str
    number: str = field(repr=False)
    asked_at: datetime
    """The start of the wait: a callback keeps the caller's place."""
    due: date
    state: CallbackState = "waiting"
    kind: CallbackKind = "asked"
    claimed_by: str = ""
    """Who of the desk has taken a waiting one."""
    claimed_at: datetime | None = None
    tries: int = 0
    next_at: datetime | None = None
    """Not before this time: the hour that was agreed, or the pause after a try."""
    version: int = 1
    id: int = field(default=0, compare=False)
    """Given by the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A caller in a queue."""

    call_sid: str
    queue: str
    entered_at: datetime
    left_at: datetime | None = None
    result: str = ""
    ranked_at: datetime | None = None
    """Start of the wait that decides the rank: kept over callbacks, transfers and requeues."""
    priority: int = 0
    priority_kind: str = ""
    """Which right by law was declared (Lei 10.048/2000, Lei 13.460/2017 art. 5 III)."""
    kind: EntryKind = "call"
    target: str = ""
    """The only agent it may go to, empty for anyone with the skill."""
    in_room: bool = False
    """The caller is held in the talk's room, not in the carrier's queue."""
    number: int = field(default=0, compare=False)
    """Given by the store; decides between equal starts."""
    protocol: str = field(default="", compare=False)
    """Of the call's ticket; told by the store."""


class Queues(Protocol):
    def enter(self, entry: QueueRow) -> bool:
        """Idempotent by call: False when the call waits already, or left since ``entered_at``.

        ``ranked_at`` that is None: the earliest of the call, so that its rank is kept.
        """

    def change(
        self, call_sid: str, *, target: str, queue: str, in_room: bool, kind: EntryKind
    ) -> bool:
        """Change a waiting entry, not its rank. False when the call does not wait."""

    def leave(self, call_sid: str, *, at: datetime, result: str) -> bool:
        """False when the call does not wait."""

    def position(self, call_sid: str) -> int:
        """Place by rank, 1 for the next of the same queue; 0 when not waiting."""

    def waiting(self, queue: str) -> int: ...
    def entry(self, call_sid: str) -> QueueRow | None:
        """The call's newest."""

    def to_offer(self, queue: str, *, limit: int) -> list[QueueRow]:
        """Who waits for anyone with the skill and has no open offer, by rank."""

    def targeted(self) -> list[QueueRow]:
        """Who waits for one agent alone and has no open offer, by rank."""

    def sizes(self) -> dict[str, tuple[int, datetime]]:
        """Queues in which somebody waits: how many, and since when the longest."""

    def mean_wait(self, queue: str, *, since: datetime) -> float | None:
        """Mean seconds of answered waits, None when there was none."""
