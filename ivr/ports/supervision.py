"""Supervisors in a talk: who listens, whispers or has joined, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

SupervisionMode = Literal["listen", "whisper", "barge"]

ShutState = Literal["open", "shut", "opening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionRow:
    """A supervisor in the talk of ``offer``, from the wish to the end.

    ``mode`` listen: hears both and is heard by nobody; whisper: heard by the agent alone; barge:
    heard by both. ``leg``: the call to the supervisor's own telephone. ``joined_at``: when that
    telephone came into the room.
    """

    id: str
    offer: str
    call_sid: str
    protocol: str
    agent: str
    supervisor: str
    reason: str
    mode: SupervisionMode = "listen"
    asked_at: datetime
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    leg: str = ""
    version: int = 1


class Supervisions(Protocol):
    """One at a time for a talk, and for a supervisor. Whoever changes one holds the desk's lock.

    A talk that is *shut* has a step that nobody but agent and caller may hear.
    """

    def add(self, row: SupervisionRow) -> bool:
        """False when the talk or the supervisor has one that goes on."""

    def get(self, supervision: str) -> SupervisionRow | None: ...
    def of_talk(self, offer: str) -> SupervisionRow | None:
        """The one that goes on."""

    def newest_by(self, supervisor: str) -> SupervisionRow | None:
        """The supervisor's that goes on, else the newest that is over."""

    def live(self) -> list[SupervisionRow]:
        """Those that go on, oldest first."""

    def change(self, row: SupervisionRow, *, was: int) -> bool:
        """As the desk's rows are changed."""

    def shut(self, offer: str, *, call_sid: str, protocol: str, at: datetime) -> ShutState:
        """Shut a talk; how it was before."""

    def opening(self, offer: str) -> bool:
        """Somebody is being let in again; the talk counts as shut until :meth:`opened`. False
        when it is not shut."""

    def opened(self, offer: str) -> bool:
        """False when it is not opening (any more)."""

    def forget_shut(self, offer: str) -> None:
        """The talk is over."""

    def shut_state(self, offer: str) -> ShutState: ...
