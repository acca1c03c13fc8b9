"""The embedded database: one file, many readers, one writer at a time."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from ivr.adapters.db.errors import translate_errors, unavailable
from ivr.ports.store import StoreUnavailableError

READ_ONLY = "ivr_read_only"
"""Execution option of an engine whose transactions only read: they take no lock."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA secure_delete = FAST",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)


def make_file(url: URL) -> Path:
    """Make file and folder, for the owner's eyes only. Returns the file.

    SQLite gives the ``-wal`` and ``-shm`` files the rights of the file itself.
    Raises ValueError without a file name and StoreUnavailableError when there is no way.
    """
    name = url.database
    if not name or name == ":memory:":
        raise ValueError("SQLite needs a file: every connection would see its own memory")
    path = Path(name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnavailableError("the database file is not to be opened") from error
    return path


def sqlite_engine(
    url: URL, *, patience_s: float, pool_size: int, foreign_keys: bool = True
) -> Engine:
    """Engine over one file. ``patience_s``: how long a locked database is waited for.

    Transactions are told to SQLite by hand: ``BEGIN IMMEDIATE`` takes the writer's lock before
    the first read, so that no transaction fails half-way because its snapshot is old.
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
    """
    make_file(url)
    engine = create_engine(
        url,
        connect_args={"timeout": patience_s, "isolation_level": None, "cached_statements": 256},
        pool_size=pool_size,
        max_overflow=-1,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    translate_errors(engine)
    keys = f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}"

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None
        _run(connection, *_PRAGMAS, keys)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        reads = READ_ONLY in connection.get_execution_options()
        _run(driver, "BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _run(connection: sqlite3.Connection, *statements: str) -> None:
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        failed = unavailable(error)
        if failed is None:
            raise
        raise failed from error
