"""Keys and words that mean the same in every state: 0 a person, * back, # or 9 again, 8 slower.

Where digits are gathered, a global key counts when it is keyed alone and the input is longer than
one digit; in menus a key of the menu's own wins, except 0, which is always a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.flow import heard, trail
from ivr.flow.events import Digits, Event, Speech
from ivr.flow.moves import GoTo, Move

if TYPE_CHECKING:
    from ivr.flow.context import Context
    from ivr.flow.nodes.base import Node

PERSON, BACK, AGAIN, SLOWER = "0", "*", "9", "8"
REPEATS = 6


def pressed(event: Event, own_keys: frozenset[str]) -> str:
    """The global key in an event, empty when it holds none."""
    if isinstance(event, Digits):
        key = event.value
        if key == "#" or (not key and event.ended_by == "#"):
            return AGAIN
        if key == PERSON:
            return PERSON
        return key if key in (BACK, AGAIN, SLOWER) and key not in own_keys else ""
    if isinstance(event, Speech):
        return heard.global_key(event.text)
    return ""


def global_move(ctx: Context, node: Node, event: Event) -> Move | None:
    """Where a global key leads, None when the node must look at the event itself."""
    if not node.listens:
        return None
    key = pressed(event, node.own_keys(ctx))
    if not key:
        return None
    if key == PERSON:
        ctx.fact("person.asked")
        return GoTo(target=ctx.book.globals.person)
    ctx.fact("global.pressed", key=key)
    if ctx.count("repeat") > REPEATS:
        ctx.fact("node.gave_up", why="repeats")
        return node.exhausted(ctx)
    if key == BACK:
        return _back(ctx, node)
    if key == SLOWER:
        ctx.change(slow=True)
        ctx.say(ctx.book.globals.slower)
    else:
        ctx.say(ctx.book.globals.again)
    return node.ask_again(ctx)


def _back(ctx: Context, node: Node) -> Move:
    way = trail.back(ctx.state)
    if way is None:
        ctx.say(ctx.book.globals.nothing_back)
        return node.ask_again(ctx)
    ctx.change(at=way.to, trail=way.trail, stack=way.stack)
    return GoTo(target=way.to.node)
