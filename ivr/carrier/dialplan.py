"""What happens when somebody is called: decided by number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from ivr.carrier.handset import Handset

Behaviour = Callable[[Handset], Awaitable[None]]
"""What the called phone does, from the moment that it rings."""


class DialPlan(Protocol):
    def behaviour(self, to: str) -> Behaviour | None:
        """``to`` is a number, ``client:<identity>`` or a SIP URI; None = nobody is there."""
        ...


class Numbers:
    """A dial plan from a table. ``others`` is for every plain number that is not in it, and
    ``addresses`` for every client and SIP address."""

    def __init__(
        self,
        table: Mapping[str, Behaviour] | None = None,
        *,
        others: Behaviour | None = None,
        addresses: Behaviour | None = None,
    ) -> None:
        self.table = dict(table or {})
        self.others = others
        self.addresses = addresses

    def behaviour(self, to: str) -> Behaviour | None:
        found = self.table.get(to)
        if found is not None:
            return found
        return self.addresses if ":" in to else self.others


def answers(*, after: float = 2.0, talks: float | None = None) -> Behaviour:
    """Picks up after so many seconds, and hangs up after ``talks`` more (None = never)."""

    async def behave(handset: Handset) -> None:
        await asyncio.sleep(after)
        handset.pick_up()
        if talks is not None:
            await asyncio.sleep(talks)
            handset.hang_up()

    return behave


def busy(*, after: float = 1.0) -> Behaviour:
    async def behave(handset: Handset) -> None:
        await asyncio.sleep(after)
        handset.decline("busy")

    return behave


def fails(*, after: float = 1.0) -> Behaviour:
    async def behave(handset: Handset) -> None:
        await asyncio.sleep(after)
        handset.decline("failed")

    return behave


def rings() -> Behaviour:
    """Rings until a person (or a script) picks up or declines, or nobody ever does."""

    async def behave(handset: Handset) -> None:
        return None

    return behave
