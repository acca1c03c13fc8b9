"""One driver connection, taken from the pool for one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from types import TracebackType
from typing import Any

import psycopg
from sqlalchemy import PoolProxiedConnection

from ivr.adapters.db.errors import unavailable
from ivr.adapters.db.statement import Parameters, Prepared, Row, Statement

IDLE = psycopg.pq.TransactionStatus.IDLE
STREAM_S = 1_800
"""Seconds that one statement, or the wait for whoever takes its rows, may last in a stream."""


class _Told:
    """Raises :class:`StoreUnavailableError` for a driver's error that means it."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._driver.tell(error)


class Driver:
    """Runs statements. ``writes`` False: one that changes anything raises RuntimeError."""

    __slots__ = ("_broken", "_connection", "_pooled", "_told", "dialect", "writes")

    def __init__(self, pooled: PoolProxiedConnection) -> None:
        self._pooled = pooled
        self._connection: Any = pooled.driver_connection
        self._told = _Told(self)
        self._broken = False
        self.writes = False
        self.dialect = (
            "sqlite" if isinstance(self._connection, sqlite3.Connection) else "postgresql"
        )

    def begin(self, *, write: bool) -> None:
        """SQLite: at once, with the writer's lock for writing, so that no transaction fails
        half-way because its snapshot is old.

        PostgreSQL begins at the first statement that may write. One that only reads needs no
        transaction: under READ COMMITTED each of its statements has a snapshot of its own anyway,
        and a rollback would make the driver forget what it has prepared.
        """
        self.writes = write
        if self.dialect == "sqlite":
            with self._told:
                self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        else:
            self._commit_each_statement(not write)

    def commit(self) -> None:
        with self._told:
            self._connection.commit()

    def rollback(self) -> bool:
        """Undo what is open. False, never an error, when the connection is of no more use."""
        if not self._broken:
            try:
                self._connection.rollback()
                if self.dialect == "postgresql":
                    self._commit_each_statement(False)
            except (sqlite3.Error, psycopg.Error):
                self._broken = True
        return not self._broken

    def release(self) -> None:
        """Give the connection back to the pool, or close it when something broke."""
        if self._broken:
            self._pooled.invalidate()
        self._pooled.close()

    def change(self, statement: Statement, given: Parameters) -> int:
        """Rows written."""
        prepared = self._prepare(statement)
        with self._told:
            return int(self._connection.execute(prepared.sql, prepared.bind(given)).rowcount)

    def change_each(self, statement: Statement, given: Iterable[Parameters]) -> None:
        """Once for each set of parameters."""
        prepared = self._prepare(statement)
        bound = [prepared.bind(parameters) for parameters in given]
        with self._told:
            self._connection.cursor().executemany(prepared.sql, bound)

    def row(self, statement: Statement, given: Parameters) -> Row | None:
        """The first row."""
        return self._first(self._prepare(statement), given)

    def rows(self, statement: Statement, given: Parameters) -> list[Row]:
        return self._all(self._prepare(statement), given)

    def record(self, statement: Statement, given: Parameters) -> dict[str, Any] | None:
        """The first row, by column names."""
        prepared = self._prepare(statement)
        row = self._first(prepared, given)
        return None if row is None else dict(zip(prepared.names, row, strict=True))

    def records(self, statement: Statement, given: Parameters) -> list[dict[str, Any]]:
        """Rows by column names."""
        prepared = self._prepare(statement)
        return [dict(zip(prepared.names, row, strict=True)) for row in self._all(prepared, given)]

    def stream(
        self, statement: Statement, given: Parameters, *, at_once: int
    ) -> Iterator[dict[str, Any]]:
        """Rows by column names from one snapshot, ``at_once`` of them in memory.

        PostgreSQL keeps a cursor of its own; whoever takes the rows may be slow, so the
        transaction's bounds of time are lifted to :data:`STREAM_S`.
        """
        prepared = self._prepare(statement)
        bound = prepared.bind(given)
        with self._told:
            if self.dialect == "postgresql":
                self._commit_each_statement(False)
                for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
                    self._connection.execute(f"SET LOCAL {setting} = '{STREAM_S}s'")
                cursor = self._connection.cursor(name=f"stream_{id(bound):x}")
            else:
                cursor = self._connection.cursor()
            cursor.execute(prepared.sql, bound)
        with cursor if self.dialect == "postgresql" else closing(cursor):
            while True:
                with self._told:
                    rows = cursor.fetchmany(at_once)
                if not rows:
                    return
                for row in rows:
                    yield dict(zip(prepared.names, prepared.read(row), strict=True))

    def value(self, statement: Statement, given: Parameters) -> Any:
        """The first column of the first row, None without a row."""
        row = self._first(self._prepare(statement), given)
        return None if row is None else row[0]

    def tell(self, error: BaseException) -> None:
        """Raise StoreUnavailableError from a driver's error when the database is not there."""
        failed = unavailable(error)
        if failed is not None:
            self._broken = True
            raise failed from error

    def _commit_each_statement(self, wanted: bool) -> None:
        """Nothing goes to the server; nothing is done to a lost connection or inside a transaction
        that is open."""
        status = self._connection.info.transaction_status
        if status == IDLE and self._connection.autocommit != wanted:
            self._connection.autocommit = wanted

    def _prepare(self, statement: Statement) -> Prepared:
        prepared = statement.on(self.dialect)
        if prepared.writes and not self.writes:
            raise RuntimeError("a transaction that only reads was asked to write")
        return prepared

    def _first(self, prepared: Prepared, given: Parameters) -> Row | None:
        with self._told:
            row = self._connection.execute(prepared.sql, prepared.bind(given)).fetchone()
        return None if row is None else prepared.read(row)

    def _all(self, prepared: Prepared, given: Parameters) -> list[Row]:
        with self._told:
            rows = self._connection.execute(prepared.sql, prepared.bind(given)).fetchall()
        return [prepared.read(row) for row in rows]
