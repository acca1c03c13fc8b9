"""An engine for code on an event loop: its calls run on a few threads of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from ivr.ports.speech import Encoding, Grammar, Heard, Recogniser, RecogniserSession

T = TypeVar("T")


class LoopSession:
    """One listening. Calls run in the order in which they were made; a caller who no longer waits
    does not keep the engine from being freed."""

    def __init__(self, session: RecogniserSession, threads: ThreadPoolExecutor) -> None:
        self._session = session
        self._threads = threads
        self._turn = asyncio.Lock()

    async def feed(self, frames: bytes) -> Heard | None:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        return await self._run(partial(self._session.feed, frames))

    async def finish(self) -> Heard:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        return await self._run(self._session.finish)

    async def close(self) -> None:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        await asyncio.shield(self._run(self._session.close))

    async def _run(self, call: Callable[[], T]) -> T:
        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)


class RecogniserThreads:
    """As many threads as processors: decoding frees the interpreter, more of them win nothing."""

    def __init__(self, recogniser: Recogniser, *, threads: int = 0) -> None:
        self._recogniser = recogniser
        count = threads or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="speech")

    async def start(
        self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw"
    ) -> LoopSession:
        """See :class:`ivr.ports.speech.Recogniser`."""
        begin = partial(self._recogniser.start, grammar=grammar, rate=rate, encoding=encoding)
        session = await asyncio.get_running_loop().run_in_executor(self._threads, begin)
        return LoopSession(session, self._threads)

    def stop(self) -> None:
        """Wait for the calls that run, and end the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)
