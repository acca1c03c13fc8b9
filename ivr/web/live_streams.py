"""All event streams of a process, written by one thread; two more listen and look up sessions.

No stream holds a thread, and none holds a connection to the database.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ivr.ports.changes import Change, ChangeFeed
from ivr.ports.store import StoreUnavailableError
from ivr.service.live import QUEUE, Console, Hub, session_stands
from ivr.web.live_frames import HEARTBEAT, OPENING, come_back, frame

log = structlog.get_logger("ivr.live")

HEARTBEAT_S = 15.0
CHECK_S = 60.0
"""Between two looks at a session."""
CHECK_AGAIN_S = 5.0
"""After a look that failed because the database was away."""
TICK_S = 0.25
LONGEST_RETURN_MS = 3000
"""Consoles of a process that ends come back spread over so long."""
SEND_MOST = 16384
"""Bytes taken out of a queue before the first of them is sent."""


@dataclass(eq=False, slots=True)
class _Line:
    """A console's connection. ``rest``: bytes begun and not yet sent."""

    sock: socket.socket
    console: Console
    rest: bytes
    writing: bool = False


class Streams:
    """Takes connections over and feeds them until they end.

    ``feed``: where changes come from. The threads start with the first console.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        *,
        clock: Callable[[], float] = time.monotonic,
        heartbeat_s: float = HEARTBEAT_S,
        check_s: float = CHECK_S,
        queue: int = QUEUE,
    ) -> None:
        self._clock = clock
        self._feed = feed
        self._heartbeat_s = heartbeat_s
        self._check_s = check_s
        self.hub = Hub(encode=frame, now=clock, queue=queue)
        self._lock = threading.Lock()
        self._arriving: list[_Line] = []
        self._unopened: list[Console] = []
        self._fed = False
        self._lines: dict[Console, _Line] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def take(self, sock: socket.socket, console: Console, head: bytes) -> None:
        """Serve a connection from now on. Never blocks.

        ``head`` is sent at once; the first event when changes are listened to, from which on
        nothing is missed.
        """
        console.check_at = self._clock() + self._check_s
        self.hub.join(console)
        with self._lock:
            if not self._fed:
                self._unopened.append(console)
            self._arriving.append(_Line(sock, console, head + OPENING if self._fed else head))
            if not self._threads:
                self._start()
        self._ring()

    def stop(self) -> None:
        """Ask every console to come back elsewhere, and close. Safe to call twice."""
        self._stop.set()
        self._ring()
        for thread in self._threads:
            thread.join(timeout=2)

    def _start(self) -> None:
        for name, target in (("lines", self._serve), ("feed", self._listen), ("keep", self._keep)):
            thread = threading.Thread(target=target, name=f"live-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        atexit.register(self.stop)

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            self._button.send(b".")

    def _listen(self) -> None:
        def on_change(change: Change) -> None:
            self.hub.publish(change)
            self._ring()

        def on_gap() -> None:
            with self._lock:
                first, self._fed = not self._fed, True
                waiting, self._unopened = self._unopened, []
            if first:
                for console in waiting:
                    self.hub.send(console, OPENING)
            else:
                self.hub.resync()
            self._ring()

        while not self._stop.is_set():
            try:
                self._feed.run(on_change=on_change, on_gap=on_gap, stopped=self._stop.is_set)
            except Exception as error:
                log.error("live feed failed", error=type(error).__name__)
                self._stop.wait(1)

    def _keep(self) -> None:
        """Look up the sessions whose time has come."""
        while not self._stop.wait(TICK_S):
            for console in self.hub.all():
                if console.leaving or self._clock() < console.check_at:
                    continue
                try:
                    stands = session_stands(self.hub, console)
                    console.check_at = self._clock() + self._check_s
                except StoreUnavailableError:
                    console.check_at = self._clock() + CHECK_AGAIN_S
                    continue
                except Exception as error:
                    log.error("live session look-up failed", error=type(error).__name__)
                    self.hub.end(console)
                    stands = False
                if not stands:
                    self._ring()

    def _serve(self) -> None:
        self._selector.register(self._bell, selectors.EVENT_READ)
        beat_at = self._clock() + self._heartbeat_s
        while not self._stop.is_set():
            self._read(self._selector.select(TICK_S))
            self._welcome()
            if self._clock() >= beat_at:
                beat_at = self._clock() + self._heartbeat_s
                self.hub.beat(HEARTBEAT)
            self.hub.flush()
            for console in self.hub.ready():
                line = self._lines.get(console)
                if line is not None and (console.overflowed or not line.writing):
                    self._write(line)
        self._farewell()

    def _read(self, events: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, mask in events:
            if key.data is None:
                with contextlib.suppress(OSError):
                    self._bell.recv(4096)
                continue
            line: _Line = key.data
            if mask & selectors.EVENT_READ and _hung_up(line.sock):
                self._drop(line)
            elif mask & selectors.EVENT_WRITE:
                self._write(line)

    def _welcome(self) -> None:
        with self._lock:
            arrived, self._arriving = self._arriving, []
        for line in arrived:
            try:
                self._selector.register(line.sock, selectors.EVENT_READ, line)
            except (OSError, ValueError):
                self.hub.leave(line.console)
                continue
            self._lines[line.console] = line
            self._write(line)

    def _write(self, line: _Line) -> None:
        """Send what can be sent now; wait for the rest to become sendable."""
        console = line.console
        if console.overflowed:
            self._drop(line)
            return
        try:
            while line.rest or console.frames:
                while console.frames and len(line.rest) < SEND_MOST:
                    line.rest += console.frames.popleft()
                line.rest = line.rest[line.sock.send(line.rest) :]
        except (BlockingIOError, InterruptedError):
            self._watch(line, writing=True)
            return
        except OSError:
            self._drop(line)
            return
        if console.leaving:
            self._drop(line)
        elif line.writing:
            self._watch(line, writing=False)

    def _watch(self, line: _Line, *, writing: bool) -> None:
        if line.writing != writing:
            line.writing = writing
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
            self._selector.modify(line.sock, events, line)

    def _drop(self, line: _Line) -> None:
        self.hub.leave(line.console)
        if self._lines.pop(line.console, None) is not None:
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._selector.unregister(line.sock)
        with contextlib.suppress(OSError):
            line.sock.shutdown(socket.SHUT_RDWR)
        line.sock.close()

    def _farewell(self) -> None:
        self._welcome()
        for line in list(self._lines.values()):
            with contextlib.suppress(OSError):
                line.sock.send(line.rest + come_back(secrets.randbelow(LONGEST_RETURN_MS)))
            self._drop(line)


def _hung_up(sock: socket.socket) -> bool:
    """Whether the browser is gone; what it still sends is of no interest."""
    try:
        return not sock.recv(4096)
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True
