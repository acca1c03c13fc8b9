"""The store over one database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Engine, func, select

from ivr.adapters.db.alarms import SqlAlarms
from ivr.adapters.db.calls import SqlCalls
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.connections import Connections
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.engine import PATIENCE_S, POOL_SIZE, make_engine
from ivr.adapters.db.flows import SqlFlows
from ivr.adapters.db.journal import SqlJournal
from ivr.adapters.db.outbox import SqlOutbox
from ivr.adapters.db.owner import SqlOwners
from ivr.adapters.db.proofs import SqlProofs
from ivr.adapters.db.queues import SqlQueues
from ivr.adapters.db.resets import SqlResets
from ivr.adapters.db.sqlite import READ_ONLY
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tickets import SqlTickets
from ivr.ports.alarms import Alarms
from ivr.ports.clock import Clock
from ivr.ports.owner import Owners
from ivr.ports.sealing import KeyedHash, Seal
from ivr.ports.store import (
    Calls,
    Flows,
    Journal,
    Outbox,
    Proofs,
    Queues,
    Resets,
    Tickets,
    Transaction,
)

_DATABASE_NOW = Statement(select(func.clock_timestamp(type_=UtcDateTime)))
_PING = Statement(select(1))


class SqlTransaction:
    """:class:`ivr.ports.store.Transaction`."""

    __slots__ = (
        "_clock",
        "_driver",
        "alarms",
        "calls",
        "flows",
        "journal",
        "outbox",
        "owner",
        "proofs",
        "queues",
        "resets",
        "tickets",
    )

    def __init__(
        self,
        driver: Driver,
        *,
        seal: Seal,
        keyed_hash: KeyedHash,
        clock: Callable[[], datetime] | None,
    ) -> None:
        self._driver = driver
        self._clock = clock
        self.calls: Calls = SqlCalls(driver, seal=seal)
        self.journal: Journal = SqlJournal(driver)
        self.tickets: Tickets = SqlTickets(driver, seal=seal, keyed_hash=keyed_hash)
        self.outbox: Outbox = SqlOutbox(driver, now=self.now)
        self.proofs: Proofs = SqlProofs(driver)
        self.resets: Resets = SqlResets(driver)
        self.queues: Queues = SqlQueues(driver)
        self.flows: Flows = SqlFlows(driver)
        self.owner: Owners = SqlOwners(driver)
        self.alarms: Alarms = SqlAlarms(driver)

    def now(self) -> datetime:
        if self._clock is not None:
            return self._clock()
        now: datetime = self._driver.value(_DATABASE_NOW, {})
        return now


class _Begin:
    """One ``with`` block: begin, then commit or roll back, then give the connection back."""

    __slots__ = ("_driver", "_store", "_write")

    def __init__(self, store: SqlStore, *, write: bool) -> None:
        self._store = store
        self._write = write

    def __enter__(self) -> Transaction:
        self._driver = self._store.connections.take(write=self._write)
        return self._store.transaction(self._driver)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._write:
                self._driver.commit()
        finally:
            self._store.connections.give_back(self._driver)


class SqlStore:
    """:class:`ivr.ports.store.Store` on SQLite or PostgreSQL. Threads may share it.

    ``engine`` is for what stands beside the store in its database; every transaction of it may
    write. ``reader`` is for reports: on SQLite it takes no lock, on PostgreSQL it cannot write.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        connections: Connections,
        seal: Seal,
        keyed_hash: KeyedHash,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.engine = engine
        self.reader = engine.execution_options(**{READ_ONLY: True, "postgresql_readonly": True})
        self.connections = connections
        self._seal = seal
        self._keyed_hash = keyed_hash
        self._clock = clock

    def begin(self, *, write: bool = True) -> AbstractContextManager[Transaction]:
        """As in the port. A reading transaction raises RuntimeError when it is to write.

        One SQLite transaction writes at a time; none may begin a second one inside the first.
        """
        return _Begin(self, write=write)

    def ping(self) -> None:
        """As in the port: one statement goes there and back."""
        driver = self.connections.take(write=False)
        try:
            driver.value(_PING, {})
        finally:
            self.connections.give_back(driver)

    def close(self) -> None:
        """Close every connection that is not in use; the store can be used again."""
        self.connections.close()

    def transaction(self, driver: Driver) -> Transaction:
        """The rows, seen through one open transaction."""
        return SqlTransaction(
            driver, seal=self._seal, keyed_hash=self._keyed_hash, clock=self._clock
        )


def open_store(
    url: str,
    *,
    seal: Seal,
    keyed_hash: KeyedHash,
    clock: Clock | None = None,
    pool_size: int = POOL_SIZE,
    patience_s: float = PATIENCE_S,
) -> SqlStore:
    """Open the store at an SQLAlchemy URL, ``sqlite:///file`` or ``postgresql://…``.

    ``seal`` closes the personal columns; ``keyed_hash`` tells two callbacks to one number.
    ``clock`` stands in for the database's clock. ``pool_size`` connections are kept and as many
    again opened at a peak. ``patience_s`` bounds every wait for a lock or a connection. Nothing
    is migrated here. Raises ValueError on a URL of another database and
    :class:`StoreUnavailableError` when the SQLite file cannot be made.
    """
    engine = make_engine(url, patience_s=patience_s, pool_size=pool_size)
    now: Callable[[], datetime] | None = None
    if clock is not None:
        now = clock.now
    elif engine.dialect.name == "sqlite":
        now = _host_now
    return SqlStore(
        engine,
        connections=Connections(engine, patience_s=patience_s, keep=pool_size),
        seal=seal,
        keyed_hash=keyed_hash,
        clock=now,
    )


def _host_now() -> datetime:
    return datetime.now(UTC)
