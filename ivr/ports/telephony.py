"""The carrier, asked from our side: its records, and what it is to do with calls and rooms.

A *room* is the conference of one citizen's call, named by it; a *leg* a call of ours to somebody
who joins it (twilio.com/docs/voice/api).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCall:
    """A call as the carrier's records tell it. ``seconds`` is None while it is live."""

    sid: str
    ended: bool
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomMember:
    """Somebody in a room, by the id of their own call."""

    call_sid: str
    hold: bool = False
    muted: bool = False


class Telephony(Protocol):
    """May raise :class:`ivr.ports.errors.PortError`. ``call_sid`` is the citizen's call, which
    names the room; ``member`` the call of somebody in it; ``leg`` a call of ours."""

    def fetch_call(self, sid: str) -> CarrierCall | None:
        """The carrier's record of a call, for calls whose last callback never came."""

    def ring(self, *, to: str, offer: str, seconds: int) -> str:
        """Call an agent's telephone for an offer; the id of the leg. ``to``: E.164,
        ``client:<identity>`` or a SIP URI. Not to be repeated before :meth:`find_leg` was asked
        when the outcome was unknown."""

    def call_back(self, *, to: str, offer: str, seconds: int) -> str:
        """Call a citizen (E.164) into the room of an offer that an agent has answered; the id of
        the leg. As with :meth:`ring`, not to be repeated unasked."""

    def supervise(self, *, to: str, supervision: str, seconds: int) -> str:
        """Call a supervisor's telephone into the room of a talk, where they hear and are not
        heard; the id of the leg. ``to`` as with :meth:`ring`; not to be repeated unasked."""

    def call_outside(self, *, to: str, outside: str, seconds: int) -> str:
        """Call a number outside the desk (E.164) into the room of a talk; the id of the leg. Not
        to be repeated unasked."""

    def find_leg(self, *, to: str, since: datetime, known: Sequence[str]) -> str | None:
        """A call of ours to ``to`` that was made at or after ``since`` and is none of ``known``."""

    def take_from_queue(self, *, queue: str, call_sid: str, turn: int) -> bool:
        """Lead a waiting caller to the room; False when they do not wait there (any more)."""

    def members(self, call_sid: str) -> tuple[RoomMember, ...]:
        """Who is in the room of a call; nobody when there is no room."""

    def hold(self, call_sid: str, member: str, on: bool) -> bool:
        """Let a member hear music and nothing else, or come back. False: not in the room."""

    def mute(self, call_sid: str, member: str, on: bool) -> bool:
        """False: not in the room."""

    def coach(self, call_sid: str, member: str, *, muted: bool, only: str) -> bool:
        """Who hears a member: nobody (``muted``), the member ``only`` alone, or everybody when
        that is empty. False: not in the room."""

    def ends_room(self, call_sid: str, member: str, on: bool) -> bool:
        """Whether the room ends when this member leaves it. False: not in the room."""

    def play_keys(self, call_sid: str, member: str, token: str) -> bool:
        """Let a member hear tones; ``token`` seals which. False: not in the room."""

    def end_room(self, call_sid: str) -> bool:
        """Everybody goes on with what follows the room. False when there is none."""

    def end_call(self, sid: str) -> bool:
        """Hang up, or stop ringing. False when it is over already."""

    def start_recording(self, leg: str) -> str:
        """Record a leg on two channels, its own voice and what it hears; the recording's id. A
        recording that runs already is taken."""

    def pause_recording(self, leg: str, recording: str, on: bool) -> bool:
        """Pause or go on. False when it is over."""

    def fetch_recording(self, recording: str) -> bytes:
        """The sound as WAV, both channels."""

    def delete_recording(self, recording: str) -> bool:
        """At the carrier. False when it is gone already."""
