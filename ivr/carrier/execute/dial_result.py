"""How a <Dial> ended, and waiting for a conversation to end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ivr.carrier.call import Call
from ivr.carrier.leg import Key
from ivr.carrier.queue import Bridge
from ivr.carrier.twiml.dial import Dial


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """``status`` is the DialCallStatus; ``sid`` the other leg's, "" when there was none."""

    status: str
    sid: str = ""
    seconds: int = 0
    answered: bool = False
    bridged: bool = False
    fields: tuple[tuple[str, str], ...] = ()


async def talk(verb: Dial, call: Call, other: Call, bridge: Bridge) -> None:
    """Returns when either side or the time limit ends the conversation, or ``*`` is pressed.

    Raises what interrupts ``call``; the bridge is over in every case.
    """
    try:
        await call.until(_talk(verb, call, other, bridge), timeout=verb.time_limit)
    except TimeoutError:
        bridge.end("time-limit")
    finally:
        bridge.end("dialer")


async def _talk(verb: Dial, call: Call, other: Call, bridge: Bridge) -> None:
    over = asyncio.ensure_future(bridge.over.wait())
    star = asyncio.ensure_future(_star(verb, call))
    sound = asyncio.ensure_future(call.leg.join(other.leg))
    try:
        await asyncio.wait({over, star}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.cancel()
        star.cancel()
        sound.cancel()


async def _star(verb: Dial, call: Call) -> None:
    """Returns when the initial caller presses ``*`` and that hangs up."""
    while True:
        heard = await call.leg.hear()
        if isinstance(heard, Key) and heard.digit == "*" and verb.hangup_on_star:
            return
