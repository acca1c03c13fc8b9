"""Puts rows into the database in bulk: COPY on PostgreSQL, one transaction on SQLite.

Indexes that do not guard anything are dropped first and made again at the end: that takes a third
of the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
from sqlalchemy import Engine, Index

from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.statement import ROW_ID
from tools.history.calls import Row

ORDER = (
    "calls", "tickets", "contacts", "call_facts", "call_marks", "queue_entries", "offers",
    "engagements", "journal",
)  # fmt: skip
"""Tables, those that others point to first."""
ROWS_AT_ONCE = 20_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def columns_of(name: str) -> list[str]:
    """Columns of the rows that are put into a table, in their order."""
    return [column.name for column in metadata.tables[name].c if column.name != ROW_ID]


def fill(engine: Engine, rows: Iterable[tuple[str, Row]], *, told: Callable[[int], None]) -> int:
    """Put all rows in, while the next ones are made; how many calls. ``told`` hears how many
    there are now. A batch begins with its call, so that no row points into the next one."""
    put = _copy if engine.dialect.name == "postgresql" else _insert
    waiting: dict[str, list[Row]] = defaultdict(list)
    calls = 0
    raw = engine.raw_connection()
    try:
        connection: Any = raw.driver_connection
        if engine.dialect.name == "postgresql":
            connection.execute("SET statement_timeout = 0")
            if _owns(connection):
                connection.execute("SET session_replication_role = 'replica'")
        with ThreadPoolExecutor(1) as writer:
            writing: Future[None] | None = None
            for name, row in rows:
                waiting[name].append(row)
                if name == "calls":
                    calls += 1
                    if calls % ROWS_AT_ONCE == 0:
                        if writing is not None:
                            writing.result()
                        told(calls)
                        writing = writer.submit(_put_all, connection, waiting, put)
                        waiting = defaultdict(list)
            if writing is not None:
                writing.result()
        _put_all(connection, waiting, put)
        told(calls)
    finally:
        raw.invalidate()
    return calls


def _owns(connection: Any) -> bool:
    """Whether foreign keys may be left unchecked while rows that fit by making are put in."""
    found = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(found.fetchone()[0])


def _put_all(
    connection: Any,
    waiting: dict[str, list[Row]],
    put: Callable[[Any, str, list[Row]], None],
) -> None:
    if put is _insert:
        connection.execute("BEGIN IMMEDIATE")
    for name in ORDER:
        if waiting[name]:
            put(connection, name, waiting[name])
    connection.commit()


def _copy(connection: psycopg.Connection[Any], name: str, rows: list[Row]) -> None:
    text = "\n".join(["\t".join([_cell(value) for value in row]) for row in rows]) + "\n"
    names = ", ".join(f'"{column}"' for column in columns_of(name))
    with connection.cursor().copy(f"COPY {name} ({names}) FROM STDIN") as copy:
        copy.write(text)


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if "\\" in value or "\t" in value else value
    return "1" if value is True else "0" if value is False else str(value)


def _insert(connection: Any, name: str, rows: list[Row]) -> None:
    columns = columns_of(name)
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)


def plain_indexes() -> list[Index]:
    """Indexes of the filled tables that guard nothing."""
    return [
        index
        for name in ORDER
        for index in sorted(metadata.tables[name].indexes, key=lambda index: str(index.name))
        if not index.unique
    ]


def drop_indexes(engine: Engine) -> None:
    """Leave out the indexes while rows are put in."""
    with engine.begin() as connection:
        for index in plain_indexes():
            index.drop(connection, checkfirst=True)


def make_indexes(engine: Engine, *, told: Callable[[int], None]) -> None:
    """Make them again and let the planner count. ``told`` hears how many are made."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("SET maintenance_work_mem = '512MB'")
        for number, index in enumerate(plain_indexes(), start=1):
            index.create(connection, checkfirst=True)
            if engine.dialect.name == "postgresql":
                connection.commit()
            told(number)
        connection.commit()
    raw = engine.raw_connection()
    try:
        connection_: Any = raw.driver_connection
        if engine.dialect.name == "postgresql":
            connection_.rollback()
            connection_.autocommit = True
            connection_.execute("SET statement_timeout = 0")
            connection_.execute("VACUUM (ANALYZE)")
        else:
            connection_.execute("ANALYZE")
            connection_.commit()
    finally:
        raw.invalidate()
