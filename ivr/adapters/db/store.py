"""The store over one database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Engine, func, select

from ivr.adapters.db.admin_views import SqlAdminViews
from ivr.adapters.db.alarms import SqlAlarms
from ivr.adapters.db.api_tokens import SqlApiTokens
from ivr.adapters.db.audit import SqlAudit
from ivr.adapters.db.blocked import SqlBlocked
from ivr.adapters.db.board import SqlSwitches
from ivr.adapters.db.call_search import SqlCallSearch
from ivr.adapters.db.callbacks import SqlCallbacks
from ivr.adapters.db.calls import SqlCalls
from ivr.adapters.db.changes import SqlChanges
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.connections import Connections
from ivr.adapters.db.desk import SqlDesk
from ivr.adapters.db.desk_views import SqlDeskViews
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.engine import PATIENCE_S, POOL_SIZE, make_engine
from ivr.adapters.db.flows import SqlFlows
from ivr.adapters.db.journal import SqlJournal
from ivr.adapters.db.kept_rules import SqlKeptRules
from ivr.adapters.db.outbox import SqlOutbox
from ivr.adapters.db.outside import SqlOutside
from ivr.adapters.db.owner import SqlOwners
from ivr.adapters.db.privacy import SqlPrivacy
from ivr.adapters.db.proofs import SqlProofs
from ivr.adapters.db.queues import SqlQueues
from ivr.adapters.db.recordings import SqlRecordings
from ivr.adapters.db.resets import SqlResets
from ivr.adapters.db.retention import SqlRetention
from ivr.adapters.db.rollups import SqlMetrics
from ivr.adapters.db.sqlite import READ_ONLY
from ivr.adapters.db.staff import SqlStaff
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.supervisions import SqlSupervisions
from ivr.adapters.db.ticket_lists import SqlTicketLists
from ivr.adapters.db.ticket_log import SqlTicketLog
from ivr.adapters.db.tickets import SqlTickets
from ivr.adapters.db.transcripts import SqlTranscripts
from ivr.adapters.db.vital_signs import SqlVitals
from ivr.adapters.db.webhook_targets import SqlWebhookTargets
from ivr.ports.admin_views import AdminViews
from ivr.ports.alarms import Alarms
from ivr.ports.blocked import Blocked
from ivr.ports.call_search import CallSearch
from ivr.ports.callbacks import Callbacks
from ivr.ports.changes import Changes
from ivr.ports.clock import Clock
from ivr.ports.desk import Desk
from ivr.ports.desk_views import DeskViews
from ivr.ports.kept_rules import KeptRules
from ivr.ports.metrics import Metrics, Switches
from ivr.ports.outside import Outside
from ivr.ports.owner import Owners
from ivr.ports.privacy import Privacy
from ivr.ports.recordings import Recordings
from ivr.ports.retention import Retention
from ivr.ports.sealing import KeyedHash, Seal
from ivr.ports.staff import Audit, Staff
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
from ivr.ports.supervision import Supervisions
from ivr.ports.tickets import ApiTokens, TicketLists, TicketLog, WebhookTargets
from ivr.ports.transcripts import Transcripts
from ivr.ports.vital_signs import Vitals

_DATABASE_NOW = Statement(select(func.clock_timestamp(type_=UtcDateTime)))
_PING = Statement(select(1))


class SqlTransaction:
    """:class:`ivr.ports.store.Transaction`."""

    __slots__ = (
        "_audit",
        "_clock",
        "_driver",
        "admin_views",
        "alarms",
        "api_tokens",
        "audit",
        "blocked",
        "call_search",
        "callbacks",
        "calls",
        "changes",
        "desk",
        "desk_views",
        "flows",
        "journal",
        "kept_rules",
        "metrics",
        "outbox",
        "outside",
        "owner",
        "privacy",
        "proofs",
        "queues",
        "recordings",
        "retention",
        "resets",
        "staff",
        "supervisions",
        "switches",
        "ticket_lists",
        "ticket_log",
        "tickets",
        "transcripts",
        "vitals",
        "webhook_targets",
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
        self.outbox: Outbox = SqlOutbox(driver, now=self.now)
        self.ticket_log: TicketLog = SqlTicketLog(
            driver, seal=seal, outbox=self.outbox, now=self.now
        )
        self.ticket_lists: TicketLists = SqlTicketLists(driver, seal=seal)
        self.webhook_targets: WebhookTargets = SqlWebhookTargets(driver, seal=seal)
        self.api_tokens: ApiTokens = SqlApiTokens(driver)
        self.tickets: Tickets = SqlTickets(
            driver, seal=seal, keyed_hash=keyed_hash, log=self.ticket_log, now=self.now
        )
        self.callbacks: Callbacks = SqlCallbacks(driver, seal=seal, keyed_hash=keyed_hash)
        self.recordings: Recordings = SqlRecordings(driver)
        self.transcripts: Transcripts = SqlTranscripts(driver, seal=seal)
        self.retention: Retention = SqlRetention(driver)
        self.privacy: Privacy = SqlPrivacy(driver, seal=seal)
        self.vitals: Vitals = SqlVitals(driver)
        self.proofs: Proofs = SqlProofs(driver)
        self.resets: Resets = SqlResets(driver)
        self.queues: Queues = SqlQueues(driver)
        self.flows: Flows = SqlFlows(driver)
        self.owner: Owners = SqlOwners(driver)
        self.desk: Desk = SqlDesk(driver, seal=seal)
        self.supervisions: Supervisions = SqlSupervisions(driver)
        self.outside: Outside = SqlOutside(driver, seal=seal)
        self.alarms: Alarms = SqlAlarms(driver)
        self.metrics: Metrics = SqlMetrics(driver)
        self.switches: Switches = SqlSwitches(driver)
        self.staff: Staff = SqlStaff(driver, seal=seal)
        self._audit = SqlAudit(driver)
        self.audit: Audit = self._audit
        self.desk_views: DeskViews = SqlDeskViews(driver)
        self.changes: Changes = SqlChanges(driver, now=self.now)
        self.blocked: Blocked = SqlBlocked(driver, seal=seal, keyed_hash=keyed_hash)
        self.kept_rules: KeptRules = SqlKeptRules(driver, lock=self.proofs.lock)
        self.admin_views: AdminViews = SqlAdminViews(driver)
        self.call_search: CallSearch = SqlCallSearch(driver, seal=seal)

    def before_commit(self) -> None:
        """Write what must come last."""
        self._audit.write()

    def now(self) -> datetime:
        if self._clock is not None:
            return self._clock()
        now: datetime = self._driver.value(_DATABASE_NOW, {})
        return now


class _Begin:
    """One ``with`` block: begin, then commit or roll back, then give the connection back."""

    __slots__ = ("_driver", "_store", "_tx", "_write")

    def __init__(self, store: SqlStore, *, write: bool) -> None:
        self._store = store
        self._write = write

    def __enter__(self) -> Transaction:
        self._driver = self._store.connections.take(write=self._write)
        self._tx = self._store.transaction(self._driver)
        return self._tx

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._write:
                self._tx.before_commit()
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

    def transaction(self, driver: Driver) -> SqlTransaction:
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
