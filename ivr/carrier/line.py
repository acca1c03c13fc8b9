"""The log of one line's events, which any number of listeners follow from its beginning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from ivr.carrier.events import LineClosed, LineEvent

E = TypeVar("E", bound=LineEvent)


class LineOver(Exception):
    """The line closed before the event that was waited for."""


class Line:
    """Append-only; lives in one event loop."""

    def __init__(self) -> None:
        self.events: list[LineEvent] = []
        self._callbacks: list[Callable[[LineEvent], None]] = []
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def closed(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], LineClosed)

    def emit(self, event: LineEvent) -> None:
        self.events.append(event)
        for callback in tuple(self._callbacks):
            callback(event)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def subscribe(self, callback: Callable[[LineEvent], None]) -> Callable[[], None]:
        """Call ``callback`` with every later event; the answer ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def listen(self, *, from_now: bool = False) -> Listener:
        """Follow the line from its beginning, or ``from_now`` on."""
        return Listener(self, start=len(self.events) if from_now else 0)

    async def grown(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter


class Listener:
    """A place in the log. Iterating ends after :class:`LineClosed`."""

    def __init__(self, line: Line, *, start: int = 0) -> None:
        self._line = line
        self._next = start

    def __aiter__(self) -> AsyncIterator[LineEvent]:
        return self

    async def __anext__(self) -> LineEvent:
        while self._next >= len(self._line.events):
            if self._line.closed:
                raise StopAsyncIteration
            await self._line.grown()
        self._next += 1
        return self._line.events[self._next - 1]

    async def until(self, kind: type[E], where: Callable[[E], bool] | None = None) -> E:
        """Read on to the next event of type ``kind`` that ``where`` accepts.

        Raises LineOver when the line closes first.
        """
        async for event in self:
            if isinstance(event, kind) and (where is None or where(event)):
                return event
        raise LineOver(f"the line closed before {kind.__name__}")
