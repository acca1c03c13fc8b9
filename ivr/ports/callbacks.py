"""Promises to call somebody back, and calls that were missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.ports.queues import CallbackKind, CallbackRow, CallbackState


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackView:
    """A line of the lists. ``entered_at``, ``left_at``: the call's newest wait in the queue;
    ``node``, ``service``, ``identity``: how far the call had come; ``talking``: the agent who
    talks with the person now."""

    row: CallbackRow
    service: str = ""
    node: str = ""
    identity: str = ""
    outcome: str = ""
    entered_at: datetime | None = None
    left_at: datetime | None = None
    talking: str = ""


class Callbacks(Protocol):
    """``change`` writes a row if its version is still ``was``, and raises that by one."""

    def add(self, callback: CallbackRow) -> bool:
        """False when a callback to that number already waits."""

    def get(self, callback: int) -> CallbackRow | None: ...
    def live_of_call(self, call_sid: str) -> CallbackRow | None:
        """The waiting one of a call."""

    def live_of_number(self, number: str) -> CallbackRow | None: ...
    def live_of_person(self, person: str) -> CallbackRow | None:
        """The waiting one of the person with this keyed hash, whatever number they called from."""

    def newest_of_call(self, call_sid: str) -> CallbackRow | None:
        """Waiting or not: it knows the number."""

    def change(self, row: CallbackRow, *, was: int) -> bool: ...
    def due(self, *, now: datetime, limit: int = 50) -> list[CallbackRow]:
        """Promises of which an agent may be told now: of ended calls, nobody's, in no queue, in
        no talk; longest wait first."""

    def queued(self) -> list[CallbackRow]:
        """Waiting ones that stand in a queue and are offered to nobody yet."""

    def claimed_before(self, before: datetime) -> list[CallbackRow]:
        """Waiting ones that somebody took so long ago, in no queue and in no talk."""

    def listed(
        self,
        *,
        kinds: Sequence[CallbackKind],
        states: Sequence[CallbackState],
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[CallbackView]:
        """Longest wait first; those that are over newest first. ``since``: asked at or after."""

    def counts(self) -> dict[CallbackKind, int]:
        """Waiting ones by kind."""

    def forget_number(self, call_sid: str) -> int:
        """Delete the kept number of a call (kind ``number``)."""

    def forget_numbers(self, *, before: datetime) -> int:
        """Delete all that were kept before."""
