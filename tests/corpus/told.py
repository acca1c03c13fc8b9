"""What is told of a call of the corpus, with the answers that are known by having made it so.

Labels (``end``, ``hung_up``, ``result``) are given by whoever makes the call, and are never worked
out from its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A stay in a queue. ``result``: as the queue is left; ``known``: what became of it;
    ``began``: where the caller's wait is counted from."""

    queue: str
    began: datetime
    entered: datetime
    left: datetime | None
    result: str
    known: str
    kind: str = "call"

    @property
    def seconds(self) -> int:
        return 0 if self.left is None else int((self.left - self.began).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A talk of an agent. ``kind``: of its offer."""

    agent: str
    queue: str
    began: datetime
    ended: datetime | None
    by: str = "caller"
    hold: int = 0
    wrapped: datetime | None = None
    word: str = "contato"
    kind: str = "queue"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the journal at a number of seconds from the start of the call."""

    at: int
    turn: int
    kind: str
    place: str = ""
    data: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Told:
    """A call. ``greeted``: it came past the greeting; ``left_out``: no contact; ``closed``: when
    its ticket is closed; ``joined``: its ticket is joined to that of another call."""

    number: int
    start: datetime
    ended: datetime | None
    by: str
    outcome: str
    end: str
    hung_up: str
    revision: str
    lines: tuple[Line, ...]
    turns: int = 4
    greeted: bool = True
    left_out: bool = False
    person: str = ""
    caller: str = ""
    service: str = ""
    rating: int | None = None
    asked_to_rate: bool = False
    waits: tuple[Wait, ...] = ()
    talks: tuple[Spoken, ...] = ()
    closed: datetime | None = None
    joined: bool = False

    @property
    def sid(self) -> str:
        return f"CAcorpus{self.number:04d}"


@dataclass(frozen=True, kw_only=True)
class Spell:
    """An agent in one state, from then until the next spell of the agent."""

    agent: str
    state: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Calls in the order in which they began, and what the agents did."""

    calls: tuple[Told, ...]
    spells: tuple[Spell, ...]
