"""Time as the carrier sees it: the running event loop's, and nothing else.

Under :func:`run_virtual` the loop's clock jumps to the next timer as soon as nothing is ready, so
a five-minute call takes milliseconds. What waits for another thread or for a socket does so inside
:func:`outside`, where the clock does not jump but runs a few times faster than the machine's.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

PACE = 20.0
"""How many times faster than the machine's a virtual clock runs at most while it must not jump."""


class NothingWillHappen(RuntimeError):
    """Every task waits and no timer is set: in virtual time that lasts for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of sleeping, moves the loop's clock on; while ``held`` it sleeps, but shorter."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self.now = 0.0
        self.pace = pace
        self.held = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.held:
            return self._wait(timeout)
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise NothingWillHappen("every task waits, and no timer is set")
        self.now += max(timeout, 0.0)
        return []

    def _wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Only time that is slept counts: work here, however slow, takes none."""
        began = time.monotonic()
        ready = super().select(None if timeout is None else timeout / self.pace)
        slept = (time.monotonic() - began) * self.pace
        if timeout is not None:
            slept = min(slept, timeout) if ready else timeout
        self.now += max(slept, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at ``start`` and jumps."""

    def __init__(self, start: datetime, *, pace: float = PACE) -> None:
        self._jumping = _JumpingSelector(pace)
        super().__init__(self._jumping)
        self._start = start.astimezone(UTC)

    def time(self) -> float:
        return self._jumping.now

    def wall_clock(self) -> datetime:
        return self._start + timedelta(seconds=self._jumping.now)

    @property
    def pace(self) -> float:
        return self._jumping.pace

    async def shutdown_default_executor(self) -> None:
        """Its threads are waited for: they end in no virtual time."""
        self.hold()
        try:
            await super().shutdown_default_executor()
        finally:
            self.release()

    def hold(self) -> None:
        """Do not jump until as many calls of :meth:`release`."""
        self._jumping.held += 1

    def release(self) -> None:
        self._jumping.held -= 1


def run_virtual(coro: Coroutine[Any, Any, T], *, start: datetime, pace: float = PACE) -> T:
    """Run ``coro`` to its end in virtual time that begins at ``start`` (aware). ``pace``: see
    :func:`outside`.

    Raises :class:`NothingWillHappen` when all tasks wait without a timer.
    """
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")

    def loop() -> asyncio.AbstractEventLoop:
        return VirtualLoop(start, pace=pace)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(coro)


@contextmanager
def outside() -> Iterator[None]:
    """While this runs, what happens outside of the loop (sockets, threads, processes) is waited
    for: a virtual clock runs ``pace`` times faster than the machine's. Other loops do so anyway."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.hold()
    try:
        yield
    finally:
        loop.release()


def patience(seconds: float) -> float:
    """``seconds`` of the machine's clock in those of the running loop, for what is waited for
    inside :func:`outside`."""
    loop = asyncio.get_running_loop()
    return seconds * loop.pace if isinstance(loop, VirtualLoop) else seconds


def wall_clock() -> datetime:
    """The time in UTC: virtual inside :func:`run_virtual`, else the machine's."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return datetime.now(UTC)
    if isinstance(running, VirtualLoop):
        return running.wall_clock()
    return datetime.now(UTC)
