"""States of an agent, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

AgentState = Literal["offline", "available", "reserved", "ringing", "in_call", "wrap_up", "paused"]

FOLLOWS: Mapping[AgentState, frozenset[AgentState]] = {
    "offline": frozenset({"available", "paused"}),
    "available": frozenset({"offline", "paused", "reserved"}),
    "reserved": frozenset({"ringing", "in_call", "available", "paused", "offline"}),
    "ringing": frozenset({"in_call", "available", "paused", "offline"}),
    "in_call": frozenset({"wrap_up", "available", "paused", "offline"}),
    "wrap_up": frozenset({"available", "paused", "offline"}),
    "paused": frozenset({"available", "offline"}),
}
"""A talk that needs no work afterwards (a colleague was asked) skips ``wrap_up``."""

OFFERED: frozenset[AgentState] = frozenset({"reserved", "ringing"})
BUSY: frozenset[AgentState] = frozenset({"in_call", "wrap_up"})
LOGGED_IN: frozenset[AgentState] = frozenset(FOLLOWS) - {"offline"}


def may_follow(state: AgentState, after: AgentState) -> bool:
    """Whether ``state`` may come right after ``after``."""
    return state in FOLLOWS[after]
