"""All media streams of a process, on one event loop in a thread of its own.

The loop frames, counts and plays; the engine listens on threads of its own, and turns are taken on
a few more, so that nothing keeps the sound of another call waiting.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from ivr.ports.speech import Grammar, Recogniser, SpeechError
from ivr.web.media_call import Engine, Sounds, Turns
from ivr.web.media_ears import Ears
from ivr.web.media_socket import MediaSocket

log = structlog.get_logger("ivr.media")

TICK_S = 1.0
ROUND_S = 0.06
"""Between two rounds of reading, at the pace of the line: three frames a stream."""
ROUND_LEAST_S = 0.002
TURN_THREADS = 6
"""Turns at a time: fewer than the connections of the store's pool, which webhooks use too."""
FAREWELL_S = 2.0


class MediaStreams:
    """Everything starts with the first stream, so that a process may fork before it.

    ``most``: streams at a time. ``speed``: how many times faster than a telephone line sound may
    come for long. ``recogniser`` is asked for once.
    """

    def __init__(
        self,
        *,
        turns: Turns,
        sounds: Sounds,
        recogniser: Callable[[], Recogniser],
        account_sid: str,
        most: int,
        speed: float,
        show: bool = False,
    ) -> None:
        self._turns, self._sounds, self._recogniser = turns, sounds, recogniser
        self._account = account_sid
        self._most, self._speed, self._show = most, speed, show
        self._lock = threading.Lock()
        self._count = 0
        self._stopped = False
        self._sockets: set[MediaSocket] = set()
        self._turning = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None

    @property
    def count(self) -> int:
        """Streams now."""
        return self._count

    def reserve(self) -> bool:
        """A place for one more stream; False when there is none. Then :meth:`take`, or
        :meth:`release`. Raises what opening the recogniser raises."""
        with self._lock:
            if self._stopped or self._count >= self._most:
                return False
            if self._loop is None:
                self._start()
            self._count += 1
            return True

    def release(self) -> None:
        """Give a place back."""
        with self._lock:
            self._count -= 1

    def take(self, sock: socket.socket, head: bytes) -> None:
        """Serve a connection in a reserved place. ``head``: the answer to its handshake."""
        loop = self._loop
        assert loop is not None, "no place reserved"
        welcome = self._welcome(sock, head)
        try:
            asyncio.run_coroutine_threadsafe(welcome, loop)
        except RuntimeError:  # the service has just ended
            welcome.close()
            sock.close()
            self.release()

    def stop(self) -> None:
        """Close every stream; their calls go on by webhooks. Safe to call twice."""
        with self._lock:
            loop, self._stopped = self._loop, True
        if loop is None or self._thread is None or not self._thread.is_alive():
            return
        loop.call_soon_threadsafe(self._farewell)
        self._thread.join(timeout=FAREWELL_S + 1)

    def _start(self) -> None:
        recogniser = self._recogniser()
        self._loop = asyncio.new_event_loop()
        self._engine = Engine(
            turns=self._turns,
            sounds=self._sounds,
            ears=Ears(recogniser, self._loop),
            threads=ThreadPoolExecutor(TURN_THREADS, thread_name_prefix="media-turn"),
            show=self._show,
        )
        self._engine.threads.submit(_warm, recogniser)
        self._thread = threading.Thread(target=self._serve, name="media", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def _serve(self) -> None:
        assert self._loop is not None
        self._loop.set_exception_handler(_failed)
        self._loop.call_soon(self._tick)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _welcome(self, sock: socket.socket, head: bytes) -> None:
        assert self._loop is not None and self._engine is not None

        def made() -> MediaSocket:
            assert self._engine is not None
            served = MediaSocket(
                self._engine,
                sock,
                account_sid=self._account,
                speed=self._speed,
                head=head,
                ended=self._gone,
            )
            self._add(served)
            return served

        try:
            await self._loop.connect_accepted_socket(made, sock)
        except OSError:
            sock.close()
            self.release()

    def _add(self, served: MediaSocket) -> None:
        self._sockets.add(served)
        if not self._turning:
            self._turning = True
            self._round()

    def _gone(self, served: MediaSocket) -> None:
        if served in self._sockets:
            self._sockets.remove(served)
            self.release()

    def _round(self) -> None:
        """Read all streams: one timer and no wake-up a frame. The engine gets many pieces at a
        time and finds its model in the cache of the processor."""
        assert self._loop is not None
        for served in tuple(self._sockets):
            served.poll()
        self._turning = bool(self._sockets)
        if self._turning:
            self._loop.call_later(max(ROUND_LEAST_S, 2 * ROUND_S / self._speed), self._round)

    def _tick(self) -> None:
        assert self._loop is not None
        now = self._loop.time()
        for served in list(self._sockets):
            served.tick(now)
        self._loop.call_later(TICK_S, self._tick)

    def _farewell(self) -> None:
        assert self._loop is not None
        for served in list(self._sockets):
            served.close("service ends", 1001)
        self._loop.call_later(0.2 if self._sockets else 0, self._end)

    def _end(self) -> None:
        assert self._loop is not None
        for served in list(self._sockets):
            served.abort("service ends")
        self._loop.call_soon(self._loop.stop)
        if self._engine is not None:
            self._engine.ears.stop()
            with contextlib.suppress(RuntimeError):
                self._engine.threads.shutdown(wait=False, cancel_futures=True)


def _warm(recogniser: Recogniser) -> None:
    """Load the model while the first stream still shakes hands."""
    with contextlib.suppress(SpeechError):
        recogniser.start(grammar=Grammar(kind="digits"), rate=8000).close()


def _failed(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What no stream caught, without its text."""
    error = context.get("exception")
    log.error("media loop", error=type(error).__name__ if error else "")
