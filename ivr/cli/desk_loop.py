"""The desk's loop beside the worker's: its clockwork every 250 ms, and its own lane of jobs."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable

import structlog

from ivr.ports.store import StoreUnavailableError
from ivr.service.desk.clockwork import TICK_S, tick
from ivr.service.rules_in_force import in_force
from ivr.service.runtime import Runtime
from ivr.service.worker import work_once

log = structlog.get_logger("ivr.desk")

AFTER_A_FAULT_S = 1.0


class DeskLoop:
    """Two threads: one ticks, one does the jobs that an agent and a caller wait for.

    Neither waits for the other, nor for the worker's own jobs.
    """

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(deed,), name=name, daemon=True)
            for name, deed in (("desk-clockwork", self._tick), ("desk-jobs", self._jobs))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, patience: float = 10.0) -> None:
        """End after what is in hand; at most ``patience`` seconds."""
        self._stop.set()
        for thread in self._threads:
            thread.join(patience)

    def _run(self, deed: Callable[[], None]) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                deed()
            except StoreUnavailableError:
                log.error("database away", part=threading.current_thread().name)
                self._stop.wait(AFTER_A_FAULT_S)
            except Exception as error:
                where = traceback.format_tb(error.__traceback__)[-4:]
                log.error("desk loop failed", error=type(error).__name__, where=where)
                self._stop.wait(AFTER_A_FAULT_S)
            self._stop.wait(max(0.0, TICK_S - (time.monotonic() - began)))

    def _tick(self) -> None:
        tick(in_force(self._rt))

    def _jobs(self) -> None:
        while not self._stop.is_set() and work_once(in_force(self._rt), lane="desk"):
            pass


def tick_and_drain(rt: Runtime) -> bool:
    """One round of both, for ``flask worker --once``. Whether there was anything to do."""
    rt = in_force(rt)
    done = tick(rt) > 0
    while work_once(rt, lane="desk"):
        done = True
    return done
