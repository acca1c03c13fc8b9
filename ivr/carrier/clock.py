"""Time as the carrier sees it: the running event loop's, and nothing else.

Under :func:`run_virtual` the loop's clock jumps to the next timer as soon as nothing is ready, so
a five-minute call takes milliseconds. Anything that waits for another thread or for a socket
does not belong there: the clock would jump past it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


class NothingWillHappen(RuntimeError):
    """Every task waits and no timer is set: in virtual time that lasts for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of sleeping, moves the loop's clock on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise NothingWillHappen("every task waits, and no timer is set")
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at ``start`` and jumps."""

    def __init__(self, start: datetime) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._start = start.astimezone(UTC)

    def time(self) -> float:
        return self._jumping.now

    def wall_clock(self) -> datetime:
        return self._start + timedelta(seconds=self._jumping.now)


def run_virtual(coro: Coroutine[Any, Any, T], *, start: datetime) -> T:
    """Run ``coro`` to its end in virtual time that begins at ``start`` (aware).

    Raises :class:`NothingWillHappen` when all tasks wait without a timer.
    """
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")

    def loop() -> asyncio.AbstractEventLoop:
        return VirtualLoop(start)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(coro)


def wall_clock() -> datetime:
    """The time in UTC: virtual inside :func:`run_virtual`, else the machine's."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return datetime.now(UTC)
    if isinstance(running, VirtualLoop):
        return running.wall_clock()
    return datetime.now(UTC)
