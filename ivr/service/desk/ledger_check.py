"""Replays the routing ledger line by line, and finds the first decision that does not hold.

It knows nothing but the lines: who waits, who is free, what is offered to whom is built up from
them, and each decision is held against the rules of :mod:`ivr.domain.routing` anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.domain.agent_states import FOLLOWS, OFFERED
from ivr.domain.queue_order import Rank, rank
from ivr.domain.routing import AGAIN_AFTER, Waiting, may_take
from ivr.ports.desk import LedgerLine

_ENDS = ("offer.declined", "offer.expired", "offer.abandoned")
_REFUSALS = ("offer.declined", "offer.expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """The first line that does not hold, and why."""

    number: int
    kind: str
    why: str


@dataclass(slots=True)
class _Agent:
    state: str = "offline"
    skills: tuple[str, ...] = ()
    idle_since: str = ""
    offer: str = ""
    talk: str = ""


@dataclass(slots=True)
class _Offer:
    call: str
    agent: str
    answered: bool = False


class _BadLineError(Exception):
    pass


@dataclass(slots=True)
class Replay:
    """The desk as the lines so far tell it."""

    waiting: dict[str, Waiting] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    """Call → start of its wait, when it first entered."""
    offers: dict[str, _Offer] = field(default_factory=dict)
    """Open ones, and answered ones whose talk goes on."""
    agents: dict[str, _Agent] = field(default_factory=dict)
    refused: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def take(self, line: LedgerLine) -> Wrong | None:
        """Apply a line; what is wrong with it, or None."""
        deed = _DEEDS.get(line.kind)
        if deed is None:
            return None
        try:
            deed(self, line)
        except _BadLineError as error:
            return Wrong(number=line.number, kind=line.kind, why=str(error))
        except (KeyError, TypeError, ValueError) as error:
            why = f"the line cannot be read: {type(error).__name__} {error}"
            return Wrong(number=line.number, kind=line.kind, why=why)
        return None

    def agent(self, agent: str) -> _Agent:
        """The agent, offline when no line has told of it."""
        return self.agents.setdefault(agent, _Agent())


def _hold(condition: bool, why: str) -> None:
    if not condition:
        raise _BadLineError(why)


def _entered(now: Replay, line: LedgerLine) -> None:
    call, data = line.call_sid, line.data
    _hold(call not in now.waiting, f"{call} waits already")
    first = now.first.setdefault(call, data["ranked_at"])
    _hold(data["ranked_at"] == first, f"{call} has lost its place: it began to wait at {first}")
    now.waiting[call] = Waiting(
        call=call, queue=data["queue"], rank=_rank(data), target=data["target"]
    )


def _changed(now: Replay, line: LedgerLine) -> None:
    known = now.waiting.get(line.call_sid)
    _hold(known is not None, f"{line.call_sid} does not wait")
    assert known is not None
    now.waiting[line.call_sid] = Waiting(
        call=known.call, queue=known.queue, rank=known.rank, target=line.data["target"]
    )


def _left(now: Replay, line: LedgerLine) -> None:
    _hold(now.waiting.pop(line.call_sid, None) is not None, f"{line.call_sid} does not wait")


def _state(now: Replay, line: LedgerLine) -> None:
    agent, data = now.agent(line.agent), line.data
    _hold(
        data["before"] == agent.state,
        f"{line.agent} was {agent.state}, the line says {data['before']}",
    )
    allowed = data["state"] in FOLLOWS[data["before"]]
    _hold(allowed, f"{line.agent} cannot become {data['state']} after {data['before']}")
    agent.state, agent.skills = data["state"], tuple(data["skills"])
    agent.idle_since = data["idle_since"]
    bound = bool(agent.offer)
    _hold(
        bound == (agent.state in OFFERED),
        f"{line.agent} is {agent.state} with {'an' if bound else 'no'} open offer",
    )
    _hold(
        bool(agent.talk) == (agent.state == "in_call"),
        f"{line.agent} is {agent.state} with {'a' if agent.talk else 'no'} talk",
    )


def _skills(now: Replay, line: LedgerLine) -> None:
    now.agent(line.agent).skills = tuple(line.data["skills"])


def _made(now: Replay, line: LedgerLine) -> None:
    call, agent, data = now.waiting.get(line.call_sid), now.agent(line.agent), line.data
    _hold(call is not None, f"{line.call_sid} does not wait")
    assert call is not None
    open_calls = {offer.call for offer in now.offers.values() if not offer.answered}
    _hold(line.call_sid not in open_calls, f"{line.call_sid} is offered to somebody already")
    _hold(agent.state == "available", f"{line.agent} is {agent.state}")
    _hold(not agent.offer and not agent.talk, f"{line.agent} has a call already")
    _hold(_rank(data) == call.rank, "the place in the line is not that of the call")
    _hold(data["idle_since"] == agent.idle_since, "the agent's turn is not the one told before")
    refused = {pair for pair, at in now.refused.items() if at > line.at - AGAIN_AFTER}
    _hold(
        may_take(line.agent, agent.skills, call, refused),
        f"{line.agent} may not take a call of {call.queue}",
    )
    free = {name: a for name, a in now.agents.items() if a.state == "available"}
    for other in now.waiting.values():
        if other.rank < call.rank and other.call not in open_calls:
            taker = next((n for n, a in free.items() if may_take(n, a.skills, other, refused)), "")
            _hold(not taker, f"{other.call} was before {call.call}, and {taker} could take it")
    for name, other_agent in free.items():
        if may_take(name, other_agent.skills, call, refused):
            earlier = (_at(other_agent.idle_since), name) < (_at(agent.idle_since), line.agent)
            _hold(not earlier, f"{name} was before {line.agent}")
    now.offers[line.offer] = _Offer(call=line.call_sid, agent=line.agent)
    agent.offer = line.offer


def _answered(now: Replay, line: LedgerLine) -> None:
    offer = _open(now, line)
    offer.answered = True
    agent = now.agent(line.agent)
    agent.offer, agent.talk = "", line.offer


def _ended(now: Replay, line: LedgerLine) -> None:
    _open(now, line)
    del now.offers[line.offer]
    now.agent(line.agent).offer = ""
    if line.kind in _REFUSALS:
        now.refused[line.call_sid, line.agent] = line.at
        for pair in [p for p, at in now.refused.items() if at <= line.at - AGAIN_AFTER]:
            del now.refused[pair]


def _talk_ended(now: Replay, line: LedgerLine) -> None:
    offer = now.offers.pop(line.offer, None)
    _hold(offer is not None and offer.answered, f"{line.offer} is no talk that goes on")
    now.agent(line.agent).talk = ""


def _open(now: Replay, line: LedgerLine) -> _Offer:
    offer = now.offers.get(line.offer)
    _hold(offer is not None and not offer.answered, f"{line.offer} is not open")
    assert offer is not None
    _hold(
        (offer.call, offer.agent) == (line.call_sid, line.agent),
        f"{line.offer} was of {offer.call} to {offer.agent}",
    )
    return offer


def _rank(data: Any) -> Rank:
    return rank(priority=data["priority"], since=_at(data["ranked_at"]), number=data["number"])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


_DEEDS: dict[str, Callable[[Replay, LedgerLine], None]] = {
    "queue.entered": _entered,
    "queue.changed": _changed,
    "queue.left": _left,
    "agent.state": _state,
    "agent.skills": _skills,
    "offer.made": _made,
    "offer.answered": _answered,
    **dict.fromkeys(_ENDS, _ended),
    "talk.ended": _talk_ended,
}
