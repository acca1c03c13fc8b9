"""The worker's own thread for transcripts: they take minutes, and nothing may wait for them."""

from __future__ import annotations

import threading
import traceback

import structlog

from ivr.ports.store import StoreUnavailableError
from ivr.service.runtime import Runtime
from ivr.service.worker import work_once

log = structlog.get_logger("ivr.speech")

PAUSE_S = 2.0


class SpeechLoop:
    """One thread, one recording at a time: the engine shares the processors with the calls."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="speech-jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, patience: float = 2.0) -> None:
        """End after what is in hand; at most ``patience`` seconds. A job that is cut off is done
        again when its lease is over."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            busy = False
            try:
                busy = work_once(self._rt, lane="speech")
            except StoreUnavailableError:
                log.error("database away")
            except Exception as error:
                where = traceback.format_tb(error.__traceback__)[-4:]
                log.error("speech loop failed", error=type(error).__name__, where=where)
            if not busy:
                self._stop.wait(PAUSE_S)
