"""A queue of waiting callers (twilio.com/docs/voice/api/queue-resource)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from ivr.carrier.call import Call, Goto
from ivr.carrier.clock import wall_clock
from ivr.carrier.twiml.dial import QueueNoun


class Bridge:
    """Two legs joined, or about to be. ``reason`` tells who ended it."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.over = asyncio.Event()
        self.reason = ""

    def end(self, reason: str) -> None:
        if not self.over.is_set():
            self.reason = reason
            self.over.set()
            self.ready.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """Taken out by <Dial><Queue> on the leg ``dialer``."""

    dialer: Call
    noun: QueueNoun
    bridge: Bridge


Claim = Goto | Connected


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    call: Call
    enqueued_at: datetime
    left_at: datetime | None = None
    claimed: asyncio.Future[Claim] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def waited(self) -> int:
        """Whole seconds in the queue, up to now or to leaving it."""
        return int(((self.left_at or wall_clock()) - self.enqueued_at).total_seconds())


class Queue:
    """First come, first served, on both sides."""

    def __init__(self, *, sid: str, name: str, max_size: int) -> None:
        self.sid = sid
        self.name = name
        self.max_size = max_size
        self.created_at = wall_clock()
        self.updated_at = self.created_at
        self.members: list[Member] = []
        self._hunters: list[object] = []
        self._changed = asyncio.Event()

    @property
    def average_wait(self) -> int:
        """Seconds, of those who wait now."""
        if not self.members:
            return 0
        return round(sum(member.waited for member in self.members) / len(self.members))

    @property
    def full(self) -> bool:
        return len(self.members) >= self.max_size

    def position(self, member: Member) -> int:
        """From 1; 0 for one who has left."""
        return self.members.index(member) + 1 if member in self.members else 0

    def join(self, call: Call) -> Member:
        member = Member(call=call, enqueued_at=wall_clock())
        self.members.append(member)
        self._wake()
        return member

    def leave(self, member: Member) -> None:
        if member in self.members:
            self.members.remove(member)
            member.left_at = wall_clock()

    def claim(self, member: Member, claim: Claim) -> None:
        """Take ``member`` out of the queue."""
        self.leave(member)
        if not member.claimed.done():
            member.claimed.set_result(claim)

    def find(self, call_sid: str) -> Member | None:
        """A member by CallSid, or ``Front``."""
        if call_sid == "Front":
            return self.members[0] if self.members else None
        return next((member for member in self.members if member.call.sid == call_sid), None)

    def hunt(self) -> object:
        """Line up for the next member; give the ticket back with :meth:`stop_hunting`."""
        ticket = object()
        self._hunters.append(ticket)
        return ticket

    def stop_hunting(self, ticket: object) -> None:
        self._hunters.remove(ticket)
        self._wake()

    async def somebody_for(self, ticket: object) -> None:
        """Returns when a member waits and it is this hunter's turn."""
        while not (self.members and self._hunters[0] is ticket):
            self._changed.clear()
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
