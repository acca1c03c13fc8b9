"""The recogniser of all streams of a process, on a few threads beside their event loop.

Many streams have a little to be heard at about the same time: a thread takes what waits, one piece
after another, and the loop is woken once for all of them.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from ivr.ports.speech import Grammar, Heard, Recogniser, RecogniserSession

T = TypeVar("T")

RATE = 8000
AT_ONCE = 16
"""Pieces heard before the loop is told of them, half a millisecond each with a small model."""

_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]
_Done = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Ear:
    """One listening. A caller who is gone does not keep the engine from being freed."""

    def __init__(self, session: RecogniserSession, ears: Ears) -> None:
        self._session = session
        self._ears = ears

    async def feed(self, mulaw: bytes) -> Heard | None:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        return await self._ears.run(partial(self._session.feed, mulaw))

    async def finish(self) -> Heard:
        """See :class:`ivr.ports.speech.RecogniserSession`."""
        return await self._ears.run(self._session.finish)

    def close(self) -> None:
        """Free the engine soon, after what it hears now."""
        self._ears.begin(self._session.close)


class Ears:
    """``threads`` 0: as many as processors; decoding frees the interpreter, more win nothing."""

    def __init__(
        self, recogniser: Recogniser, loop: asyncio.AbstractEventLoop, *, threads: int = 0
    ) -> None:
        self._recogniser = recogniser
        self._loop = loop
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"media-ear-{n}", daemon=True)
            for n in range(threads or os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    async def listen(self, grammar: Grammar) -> Ear:
        """A listening; one that is ready only after its caller is gone is freed again. Raises
        SpeechError."""
        ready = self.begin(partial(self._recogniser.start, grammar=grammar, rate=RATE))
        try:
            return Ear(await asyncio.shield(ready), self)
        except asyncio.CancelledError:
            ready.add_done_callback(self._free)
            raise

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call of the engine."""
        return await self.begin(call)

    def begin(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """What the result of a call will be. The call is made even if nobody waits for it."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((call, future))
        return future

    def stop(self) -> None:
        """End the threads after what was begun; does not wait for them."""
        for _ in self._threads:
            self._jobs.put(None)

    def _free(self, ready: asyncio.Future[RecogniserSession]) -> None:
        if not ready.cancelled() and ready.exception() is None:
            self.begin(ready.result().close)

    def _work(self) -> None:
        job = self._jobs.get()
        while job is not None:
            done: list[_Done] = []
            while job is not None:
                done.append(_run(*job))
                job = None
                if len(done) < AT_ONCE:
                    try:
                        job = self._jobs.get_nowait()
                    except Empty:
                        break
                    if job is None:
                        self._jobs.put(None)
            try:
                self._loop.call_soon_threadsafe(_deliver, done)
            except RuntimeError:  # the loop is closed: nobody waits any more
                continue
            finally:
                done = []
                job = self._jobs.get()


def _run(call: Callable[[], Any], future: asyncio.Future[Any]) -> _Done:
    try:
        return future, call(), None
    except BaseException as error:
        return future, None, error


def _deliver(done: list[_Done]) -> None:
    for future, result, error in done:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
            future.exception()
