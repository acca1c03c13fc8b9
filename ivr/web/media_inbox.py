"""What one stream brought and nobody has dealt with yet, in its order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ivr.adapters.twilio.media_messages import Key, MarkReached

BATCH = 800
"""Bytes of sound that go to the engine at a time, 100 ms."""
MOST = 16_000
"""Bytes of sound, two seconds, beyond which nothing is read from the connection."""
LEAST = 4_000
"""Bytes below which it is read again."""

Item = bytes | Key | MarkReached


class Inbox:
    """``hold``: stop reading the connection (True), or go on (False). For one event loop."""

    def __init__(self, hold: Callable[[bool], None]) -> None:
        self._hold = hold
        self._items: deque[Item] = deque()
        self._sound = bytearray()
        self._waiting: asyncio.Future[None] | None = None
        self._bytes = 0
        self._held = False
        self._open = False

    def forget(self) -> None:
        """Drop all; what comes from now on counts."""
        self._items.clear()
        self._sound.clear()
        self._bytes = 0
        self._open = True
        self._release()

    def shut(self) -> None:
        """Drop all, and all that comes until :meth:`forget`."""
        self.forget()
        self._open = False

    def sound(self, mulaw: bytes) -> None:
        """Sound of any length."""
        if not self._open:
            return
        self._sound += mulaw
        self._bytes += len(mulaw)
        while len(self._sound) >= BATCH:
            self._items.append(bytes(self._sound[:BATCH]))
            del self._sound[:BATCH]
            self._wake()
        if self._bytes > MOST and not self._held:
            self._held = True
            self._hold(True)

    def put(self, item: Key | MarkReached) -> None:
        """A key or a mark, after the sound before it."""
        if not self._open:
            return
        if self._sound:
            self._items.append(bytes(self._sound))
            self._sound.clear()
        self._items.append(item)
        self._wake()

    async def next(self) -> Item:
        """The next item, when there is one."""
        while not self._items:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        item = self._items.popleft()
        if isinstance(item, bytes):
            self._bytes -= len(item)
            if self._bytes < LEAST:
                self._release()
        return item

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _release(self) -> None:
        if self._held:
            self._held = False
            self._hold(False)
