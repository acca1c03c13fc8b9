"""Calls to numbers outside the desk, into the room of a talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

OutsideKind = Literal["warm", "cold"]
"""warm: the agent talks with them first; cold: the agent has left already."""
OutsideState = Literal["dialling", "talking", "ended"]
"""talking: they are in the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRow:
    """A call to ``number`` (E.164, sealed at rest) that the agent of ``offer`` asked for.

    ``label``: what the desk calls the number. ``joined``: the caller hears them. ``alone``: the
    agent has left the two. ``end_reason``: why it is over, a word.
    """

    id: str
    offer: str
    call_sid: str
    protocol: str
    agent: str
    kind: OutsideKind
    label: str
    number: str = field(repr=False)
    state: OutsideState = "dialling"
    joined: bool = False
    alone: bool = False
    asked_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    leg: str = ""
    version: int = 1


class Outside(Protocol):
    """One at a time for a call. Whoever changes one holds the desk's lock."""

    def add(self, row: OutsideRow) -> bool:
        """False when the call has one that goes on."""

    def get(self, outside: str) -> OutsideRow | None: ...
    def of_call(self, call_sid: str) -> OutsideRow | None:
        """The one that goes on."""

    def newest_of(self, offer: str) -> OutsideRow | None:
        """The one that the agent of this offer asked for and that goes on, else the newest that is
        over."""

    def change(self, row: OutsideRow, *, was: int) -> bool:
        """As the desk's rows are changed."""
