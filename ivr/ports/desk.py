"""Rows of the desk: who is there, which call is offered to whom, the talk that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

PresenceState = Literal[
    "offline", "available", "reserved", "ringing", "in_call", "wrap_up", "paused"
]
OfferState = Literal["reserved", "seen", "ringing", "answered", "declined", "expired", "abandoned"]
OfferKind = Literal["queue", "transfer", "consult", "callback"]
LegRole = Literal["agent", "consult", "citizen", "supervisor"]
Recording = Literal["off", "on", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRow:
    """An agent now. ``seen_at``: last sign of life of the console; ``misses``: offers missed in
    a row; ``idle_since``: end of the last talk, which orders who is next."""

    agent: str
    state: PresenceState = "offline"
    reason: str = ""
    since: datetime
    idle_since: datetime
    seen_at: datetime | None = None
    offer: str = ""
    misses: int = 0
    skills: tuple[str, ...] = ()
    """Queues that it may be given calls of, as the ledger was last told."""
    health: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent now, with what the account says: skills, whether it is active."""

    presence: PresenceRow
    name: str
    skills: tuple[str, ...]
    active: bool
    ring_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What ran out: ids of offers, offers of the talks whose wrap-up is over, silent agents."""

    offers: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.offers or self.wraps or self.silent)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """A call reserved for one agent. ``due_at``: when the present state runs out."""

    id: str
    call_sid: str
    protocol: str
    queue: str
    agent: str
    kind: OfferKind = "queue"
    state: OfferState = "reserved"
    reserved_at: datetime
    due_at: datetime
    seen_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementRow:
    """The talk of an agent with a caller, and the work after it, until ``wrapped_at``.

    ``consult``: offer of the colleague who is asked meanwhile. ``notes``: sealed at rest.
    """

    offer: str
    call_sid: str
    protocol: str
    queue: str
    agent: str
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    held_since: datetime | None = None
    hold_seconds: int = 0
    muted: bool = False
    recording: Recording = "off"
    recording_sid: str = ""
    consult: str = ""
    notes: str = field(default="", repr=False)
    notes_version: int = 0
    """Counts the savings of the notes alone, so that a mute does not stand against typing."""
    disposition: str = ""
    contact_class: str = ""
    callback_at: datetime | None = None
    wrap_until: datetime | None = None
    wrapped_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow:
    """A telephone call of ours to somebody who joins the room of ``call_sid``."""

    sid: str
    call_sid: str
    offer: str
    agent: str
    role: LegRole = "agent"
    status: str = "queued"
    created_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One decision of the router, with all it was decided on. ``number`` orders them."""

    number: int = 0
    at: datetime
    kind: str
    call_sid: str = ""
    offer: str = ""
    agent: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Desk(Protocol):
    """Presence, offers, talks, legs, ledger.

    ``change_…`` writes a row if its version is still ``was``, and raises that by one; False when
    somebody else was first. Whoever changes the desk calls :meth:`lock` before all else.
    """

    def lock(self) -> None:
        """Hold whoever else changes the desk until this transaction ends."""

    def presence(self, agent: str) -> PresenceRow | None: ...
    def agent(self, agent: str) -> AgentRow | None:
        """None for an account that does not exist; offline when it never was there."""

    def agents(self) -> list[AgentRow]:
        """Everyone who is not offline, longest idle first."""

    def put_presence(self, row: PresenceRow) -> bool:
        """Write the first row of an agent. False when there is one."""

    def change_presence(self, row: PresenceRow, *, was: int) -> bool: ...
    def touch(self, agent: str, *, at: datetime, health: Mapping[str, Any] | None = None) -> bool:
        """A sign of life. It does not change the version. False for who never was there."""

    def add_offer(self, offer: OfferRow) -> bool:
        """False when the call or the agent has an open offer."""

    def offer(self, offer: str) -> OfferRow | None: ...
    def change_offer(self, row: OfferRow, *, was: int) -> bool: ...
    def open_offers(self) -> list[OfferRow]:
        """Oldest first."""

    def open_offer_of(self, call_sid: str) -> OfferRow | None: ...
    def offers_of(self, call_sid: str) -> list[OfferRow]:
        """Oldest first."""

    def refusals(self, *, since: datetime) -> list[tuple[str, str]]:
        """(call, agent) of the offers declined or expired since then."""

    def add_engagement(self, row: EngagementRow) -> bool:
        """False when the agent has another one that is not wrapped up."""

    def engagement(self, offer: str) -> EngagementRow | None: ...
    def change_engagement(self, row: EngagementRow, *, was: int) -> bool: ...
    def talks_of(self, call_sid: str) -> list[EngagementRow]:
        """Talks with the caller that go on, oldest first."""

    def unwrapped_of(self, agent: str) -> EngagementRow | None:
        """The agent's talk, or its wrap-up."""

    def handling_seconds(self, queue: str, *, since: datetime) -> float | None:
        """Mean seconds of talk and wrap-up of the talks that ended since then."""

    def add_leg(self, leg: LegRow) -> bool:
        """False when it is there."""

    def leg(self, sid: str) -> LegRow | None: ...
    def legs_of(self, offer: str) -> list[LegRow]: ...
    def change_leg(
        self,
        sid: str,
        *,
        status: str,
        answered_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> bool:
        """A time that is written stays. False for an unknown leg or one that ended."""

    def due(self, *, now: datetime, silent_before: datetime) -> Due: ...
    def write(self, line: LedgerLine) -> None: ...
    def ledger(self, *, after: int = 0, limit: int = 1000) -> list[LedgerLine]:
        """Lines with a greater number, in order."""
