"""Committed changes as they come: by LISTEN on PostgreSQL, by reading on in the table on SQLite.

One connection a process listens, however many browsers there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import structlog

from ivr.adapters.db.changes import CHANNEL, read_payload
from ivr.adapters.db.store import SqlStore
from ivr.ports.changes import Change
from ivr.ports.store import StoreUnavailableError

log = structlog.get_logger("ivr.live")

LOOK_EVERY_S = 0.05
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
PROBE_EVERY_S = 15.0
"""A connection that died without a word is found out by a statement."""
CONNECT_S = 3


def change_feed(store: SqlStore) -> TableTail | Listener:
    """The feed that fits the store's database."""
    return TableTail(store) if store.engine.dialect.name == "sqlite" else Listener(store)


class TableTail:
    """:class:`ivr.ports.changes.ChangeFeed` on SQLite, where one writer at a time gives the rows
    their numbers in the order of the commits."""

    def __init__(self, store: SqlStore, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._store = store
        self._look_every_s = look_every_s

    def run(
        self,
        *,
        on_change: Callable[[Change], None],
        on_gap: Callable[[], None],
        stopped: Callable[[], bool],
    ) -> None:
        last: int | None = None
        pause = FIRST_PAUSE_S
        while not stopped():
            try:
                with self._store.begin(write=False) as tx:
                    if last is None:
                        last = tx.changes.newest()
                        changes, gap = [], True
                    else:
                        changes, gap = list(tx.changes.after(last)), False
            except StoreUnavailableError:
                log.warning("live feed away")
                last = None
                _wait(pause, stopped)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                continue
            pause = FIRST_PAUSE_S
            if gap:
                on_gap()
            for change in changes:
                last = change.number
                on_change(change)
            if not changes:
                time.sleep(self._look_every_s)


class Listener:
    """:class:`ivr.ports.changes.ChangeFeed` on PostgreSQL, over a connection of its own."""

    def __init__(self, store: SqlStore) -> None:
        engine = store.engine
        self._arguments: Mapping[str, Any] = engine.dialect.create_connect_args(engine.url)[1]

    def run(
        self,
        *,
        on_change: Callable[[Change], None],
        on_gap: Callable[[], None],
        stopped: Callable[[], bool],
    ) -> None:
        pause = FIRST_PAUSE_S
        while not stopped():
            try:
                with psycopg.connect(
                    **self._arguments,
                    autocommit=True,
                    connect_timeout=CONNECT_S,
                    application_name="ivr-live",
                ) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    on_gap()
                    pause = FIRST_PAUSE_S
                    _listen(connection, on_change, stopped)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("live feed away", sqlstate=error.sqlstate or "no connection")
                _wait(pause, stopped)
                pause = min(2 * pause, LONGEST_PAUSE_S)


def _listen(
    connection: psycopg.Connection[Any],
    on_change: Callable[[Change], None],
    stopped: Callable[[], bool],
) -> None:
    probed = time.monotonic()
    while not stopped():
        for notification in connection.notifies(timeout=0.5):
            change = read_payload(notification.payload)
            if change is not None:
                on_change(change)
            if stopped():
                return
        if time.monotonic() - probed > PROBE_EVERY_S:
            connection.execute("SELECT 1")
            probed = time.monotonic()


def _wait(seconds: float, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not stopped() and time.monotonic() < end:
        time.sleep(0.05)
