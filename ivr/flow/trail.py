"""Landmarks passed, and where "back" leads: only into flows that still run, so that a ``return``
there finds the place it was called from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.flow.state import CallState, Place

LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The landmark to go back to, with the trail and the stack that hold there."""

    to: Place
    trail: tuple[Place, ...]
    stack: tuple[Place, ...]


def passed(state: CallState) -> CallState:
    """The call arrives at a landmark."""
    kept = tuple(p for p in state.trail if p != state.at)
    return replace(state, trail=(*kept, state.at)[-LENGTH:])


def back(state: CallState) -> Way | None:
    """The last landmark before this place; None when there is none."""
    kept = tuple(p for p in state.trail if p != state.at)
    if not kept:
        return None
    return Way(to=kept[-1], trail=kept[:-1], stack=_stack_in(state, kept[-1].flow))


def returned(state: CallState) -> CallState:
    """The running flow is over: its landmarks are out of reach."""
    return replace(state, trail=tuple(p for p in state.trail if p.flow != state.at.flow))


def left_for_good(state: CallState) -> CallState:
    """Another flow takes over and nothing returns: landmarks of called flows are out of reach."""
    if not state.stack:
        return state
    over = {state.at.flow, *(p.flow for p in state.stack[1:])}
    return replace(state, trail=tuple(p for p in state.trail if p.flow not in over), stack=())


def _stack_in(state: CallState, flow: str) -> tuple[Place, ...]:
    """The stack as it was while ``flow`` ran below or at the top of it."""
    if flow == state.at.flow:
        return state.stack
    depths = [i for i, place in enumerate(state.stack) if place.flow == flow]
    return state.stack[: depths[-1]] if depths else ()
