"""Connections, one for each open transaction."""

from __future__ import annotations

import os
import threading
from collections import deque

from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.errors import unavailable
from ivr.ports.store import StoreUnavailableError


class Connections:
    """Hands out connections with an open transaction.

    SQLite lets one transaction write at a time and makes the others poll for their turn; threads
    of one process stand in line here instead. Its connections need no probe before they are used
    again, so up to ``keep`` of them wait here, past the pool's bookkeeping.
    """

    def __init__(self, engine: Engine, *, patience_s: float, keep: int) -> None:
        embedded = engine.dialect.name == "sqlite"
        self._engine = engine
        self._patience_s = patience_s
        self._keep = keep if embedded else 0
        self._writer: threading.Lock | None = threading.Lock() if embedded else None
        self._idle: deque[Driver] = deque()
        self._process = os.getpid()

    def take(self, *, write: bool) -> Driver:
        """A connection with an open transaction; :meth:`give_back` must follow."""
        line = self._writer if write else None
        if line is not None and not line.acquire(timeout=self._patience_s):
            raise StoreUnavailableError("the database file is locked")
        try:
            driver = self._any()
            try:
                driver.begin(write=write)
            except BaseException:
                driver.release()
                raise
        except BaseException:
            if line is not None:
                line.release()
            raise
        return driver

    def give_back(self, driver: Driver) -> None:
        """Roll back what was not committed and let the next writer in."""
        try:
            if driver.rollback() and len(self._idle) < self._keep:
                self._idle.append(driver)
            else:
                driver.release()
        finally:
            if driver.writes and self._writer is not None:
                self._writer.release()

    def close(self) -> None:
        """Close all that are not in use."""
        while self._idle:
            self._idle.pop().release()
        self._engine.dispose()

    def _any(self) -> Driver:
        if self._process != os.getpid():
            # A connection must not be used on both sides of a fork.
            self._idle = deque()
            self._process = os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return Driver(self._engine.raw_connection())
        except PoolTimeoutError as error:
            raise StoreUnavailableError("no connection is free") from error
        except Exception as error:
            failed = unavailable(error)
            if failed is None:
                raise
            raise failed from error
