"""Which waiting call goes to which free agent.

The call of the best rank that some free agent may take, to the one of those who is idle longest.
An agent may take a call when the queue is among the agent's skills, or when the call is for that
agent alone; not when the agent has just refused that very call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.queue_order import Rank

AGAIN_AFTER = timedelta(seconds=15)
"""For so long a call is not offered again to an agent who declined or missed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call without an open offer. ``target``: the only agent it may go to, or empty."""

    call: str
    queue: str
    rank: Rank
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """An agent who could take a call now."""

    agent: str
    skills: tuple[str, ...]
    idle_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """``ahead``: calls of better rank that no free agent may take. ``runner_up``: who would have
    been next among the ``candidates``."""

    call: str
    agent: str
    ahead: int
    candidates: int
    runner_up: str = ""


def may_take(
    agent: str, skills: Collection[str], call: Waiting, refused: Collection[tuple[str, str]]
) -> bool:
    """Whether the agent may be offered the call. ``refused``: (call, agent) of just before."""
    if (call.call, agent) in refused:
        return False
    return agent == call.target if call.target else call.queue in skills


def choose(
    waiting: Sequence[Waiting], free: Iterable[Free], refused: Collection[tuple[str, str]]
) -> Match | None:
    """The next decision; None when no free agent may take any waiting call."""
    agents = sorted(free, key=lambda a: (a.idle_since, a.agent))
    if not agents:
        return None
    for ahead, call in enumerate(sorted(waiting, key=lambda w: w.rank)):
        fit = [a.agent for a in agents if may_take(a.agent, a.skills, call, refused)]
        if fit:
            return Match(
                call=call.call,
                agent=fit[0],
                ahead=ahead,
                candidates=len(fit),
                runner_up=fit[1] if len(fit) > 1 else "",
            )
    return None
