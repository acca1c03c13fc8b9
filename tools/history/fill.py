"""Puts rows into the database in bulk: COPY by several processes on PostgreSQL, one transaction
at a time on SQLite.

Indexes that do not guard anything are dropped first and made again at the end: that takes a third
of the time.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, Index

from ivr.adapters.db.every_table import metadata
from ivr.ports.sealing import KeyedHash
from tools.history.calls import Day, Makers, Plan, Row
from tools.history.columns import COLUMNS

CALLS_AT_ONCE = 20_000
WORTH_PROCESSES = 50_000
"""Calls from which it pays to start processes."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def fill(
    engine: Engine,
    plan: Plan,
    days: list[Day],
    keyed_hash: KeyedHash,
    *,
    told: Callable[[int], None],
) -> int:
    """Put the calls of the days in; how many. ``told`` hears how many there are now."""
    parts = list(_parts(days))
    if engine.dialect.name == "postgresql":
        return _by_copy(engine, plan, parts, keyed_hash, told=told)
    makers, done = Makers(plan, keyed_hash), 0
    raw = engine.raw_connection()
    try:
        connection: Any = raw.driver_connection
        for part in parts:
            connection.execute("BEGIN IMMEDIATE")
            for name, rows in _rows(makers, part):
                _insert(connection, name, rows)
            connection.commit()
            done += sum(day.calls for day in part)
            told(done)
    finally:
        raw.invalidate()
    return done


def _parts(days: list[Day]) -> Iterator[list[Day]]:
    """Days that are put in together."""
    part: list[Day] = []
    for day in days:
        part.append(day)
        if sum(one.calls for one in part) >= CALLS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _rows(makers: Makers, days: list[Day]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of some days by their table, those that others point to first."""
    found: dict[str, list[Row]] = defaultdict(list)
    for day in days:
        for name, row in makers.day(day):
            found[name].append(row)
    return ((name, found[name]) for name in COLUMNS if found[name])


def _by_copy(
    engine: Engine,
    plan: Plan,
    parts: list[list[Day]],
    keyed_hash: KeyedHash,
    *,
    told: Callable[[int], None],
) -> int:
    raw, done = engine.raw_connection(), 0
    try:
        info: psycopg.ConnectionInfo = raw.driver_connection.info  # type: ignore[union-attr]
        given = {**info.get_parameters(), "password": info.password or None}
        conninfo = make_conninfo("", **given)
    finally:
        raw.close()
    if plan.calls < WORTH_PROCESSES:
        copier = Copier(conninfo, plan, keyed_hash)
        for part in parts:
            done += copier.put(part)
            told(done)
        copier.close()
        return done
    with ProcessPoolExecutor(
        os.cpu_count(),
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(conninfo, plan, keyed_hash),
    ) as pool:
        for put in as_completed([pool.submit(_put, part) for part in parts]):
            done += put.result()
            told(done)
    return done


class Copier:
    """One connection that puts whole days in, each part in a transaction of its own.

    As a superuser it leaves foreign keys unchecked: the rows fit by making.
    """

    def __init__(self, conninfo: str, plan: Plan, keyed_hash: KeyedHash) -> None:
        self._makers = Makers(plan, keyed_hash)
        self._connection = psycopg.connect(conninfo)
        self._connection.execute("SET statement_timeout = 0")
        self._connection.execute("SET synchronous_commit = off")
        self._connection.execute(
            "SELECT set_config('session_replication_role', 'replica', false)"
            " FROM pg_roles WHERE rolname = current_user AND rolsuper"
        )
        self._connection.commit()

    def put(self, days: list[Day]) -> int:
        """How many calls."""
        for name, rows in _rows(self._makers, days):
            names = ", ".join(f'"{column}"' for column in COLUMNS[name])
            text = "\n".join(["\t".join([_cell(value) for value in row]) for row in rows])
            with self._connection.cursor().copy(f"COPY {name} ({names}) FROM STDIN") as copy:
                copy.write(f"{text}\n".encode())
        self._connection.commit()
        return sum(day.calls for day in days)

    def close(self) -> None:
        self._connection.close()


_copiers: list[Copier] = []
"""That of a process of the pool."""


def _begin(conninfo: str, plan: Plan, keyed_hash: KeyedHash) -> None:
    _copiers.append(Copier(conninfo, plan, keyed_hash))


def _put(days: list[Day]) -> int:
    return _copiers[0].put(days)


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if "\\" in value or "\t" in value else value
    return "1" if value is True else "0" if value is False else str(value)


def _insert(connection: Any, name: str, rows: list[Row]) -> None:
    names = ", ".join(f'"{column}"' for column in COLUMNS[name])
    marks = ", ".join("?" * len(COLUMNS[name]))
    connection.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)


def plain_indexes() -> list[Index]:
    """Indexes of the filled tables that guard nothing."""
    return [
        index
        for name in COLUMNS
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
            connection_.execute(f"VACUUM (ANALYZE) {', '.join(COLUMNS)}")
        else:
            connection_.execute("ANALYZE")
            connection_.commit()
    finally:
        raw.invalidate()
