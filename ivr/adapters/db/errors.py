"""Which errors of a driver mean that the database is not there."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from ivr.ports.store import StoreUnavailableError

_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "unreadable",
    sqlite3.SQLITE_CANTOPEN: "not to be opened",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_NOMEM: "out of memory",
    sqlite3.SQLITE_PERM: "not to be opened",
    sqlite3.SQLITE_AUTH: "not to be opened",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_READONLY: "read-only",
}
_PRIMARY_CODE = 0xFF
"""The low byte of an extended result code (https://www.sqlite.org/rescode.html)."""


_POSTGRESQL_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
)
"""The last: the server that we reach is a standby, in the middle of a failover."""


def unavailable(error: BaseException) -> StoreUnavailableError | None:
    """What to raise for a driver's error, or None when the error is one of our own making."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        word = None if code is None else _SQLITE_CODES.get(code & _PRIMARY_CODE)
        return None if word is None else StoreUnavailableError(f"the database file is {word}")
    if isinstance(error, _POSTGRESQL_AWAY):
        return StoreUnavailableError(f"PostgreSQL: {error.sqlstate or 'no connection'}")
    return None


def translate_errors(engine: Engine) -> None:
    """Make the engine raise :class:`StoreUnavailableError` where that is what happened."""

    def translate(context: ExceptionContext) -> StoreUnavailableError | None:
        return unavailable(context.original_exception)

    event.listen(engine, "handle_error", translate, retval=True)
