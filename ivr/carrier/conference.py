"""A conference and who is in it (twilio.com/docs/voice/api/conference-resource)."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from ivr.carrier.audio import Sound
from ivr.carrier.call import Call, Goto
from ivr.carrier.clock import wall_clock
from ivr.carrier.recordings import Recording
from ivr.carrier.twiml.dial import ConferenceNoun


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A document that is played into a conference, or to one participant."""

    goto: Goto


@dataclass(slots=True, kw_only=True, eq=False)
class Participant:
    """One leg in a conference. ``out``: why it must leave, "" while it may stay."""

    call: Call
    noun: ConferenceNoun
    label: str
    muted: bool
    coaching: str
    start_on_enter: bool
    end_on_exit: bool
    beep_on_exit: bool
    hold: bool = False
    hold_music: Goto | None = None
    joined_at: datetime = field(default_factory=wall_clock)
    updated_at: datetime = field(default_factory=wall_clock)
    to_hear: deque[Sound | Announcement] = field(default_factory=deque)
    out: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self, reason: str) -> None:
        """Make it go; only the first reason counts."""
        self.out = self.out or reason
        self.changed.set()


class Conference:
    """``status``: init until it starts, in-progress, completed."""

    def __init__(self, *, sid: str, noun: ConferenceNoun) -> None:
        self.sid = sid
        self.name = noun.name
        self.noun = noun
        """Of the first participant: its callbacks count."""
        self.status = "init"
        self.created_at = wall_clock()
        self.updated_at = self.created_at
        self.participants: list[Participant] = []
        self.sequence = 0
        self.ending_call = ""
        self.reason_ended = ""
        self.last_notice: asyncio.Task[None] | None = None
        self.recording: Recording | None = None
        self.joined: set[frozenset[str]] = set()
        """CallSids of those who are in conversation, two by two."""

    @property
    def started(self) -> bool:
        return self.status == "in-progress"

    def find(self, key: str) -> Participant | None:
        """By CallSid or label."""
        return next(
            (each for each in self.participants if key and key in (each.call.sid, each.label)),
            None,
        )

    def hears(self, listener: Participant, speaker: Participant) -> bool:
        """Whether what ``speaker`` says reaches ``listener``."""
        if not self.started or listener is speaker or listener.hold or speaker.hold:
            return False
        if speaker.muted:
            return False
        return not speaker.coaching or speaker.coaching == listener.call.sid

    def in_conversation(self) -> set[frozenset[str]]:
        """Pairs of legs that are joined, whether or not one of them is muted."""
        if not self.started:
            return set()
        present = [each for each in self.participants if not each.hold]
        return {
            frozenset((one.call.sid, other.call.sid))
            for number, one in enumerate(present)
            for other in present[number + 1 :]
            if all(
                not a.coaching or a.coaching == b.call.sid for a, b in ((one, other), (other, one))
            )
        }
