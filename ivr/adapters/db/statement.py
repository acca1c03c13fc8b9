"""SQLAlchemy Core statements, compiled once and run by the driver itself.

A webhook's transaction is a handful of statements of a few microseconds each; building,
caching and buffering them anew would cost several times what the database takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, Dialect, Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import ReturnsRows

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]
_Convert = Callable[[Any], Any]

_DIALECTS: Mapping[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": cast(Callable[[], Dialect], postgresql.psycopg.dialect)(),
}
ROW_ID = "row_id"
"""Column that the database numbers by itself."""


class Prepared:
    """A statement in the words of one database. ``sql`` takes what :meth:`bind` returns."""

    __slots__ = ("_binds", "_constants", "_positional", "_results", "names", "sql", "writes")

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.sql = compiled.string
        self._positional = compiled.positional
        names: Sequence[str] = (
            compiled.positiontup or () if compiled.positional else [*compiled.bind_names.values()]
        )
        self._constants = {
            name: bind.effective_value
            for bind, name in compiled.bind_names.items()
            if not bind.required
        }
        self._binds: tuple[tuple[str, _Convert | None], ...] = tuple(
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in names
        )
        columns: tuple[ColumnElement[Any], ...] = ()
        if isinstance(statement, ReturnsRows):
            columns = tuple(statement.exported_columns)
        self.writes = isinstance(statement, UpdateBase)
        self.names: tuple[str, ...] = tuple(str(column.key) for column in columns)
        self._results: tuple[tuple[int, _Convert], ...] = tuple(
            (index, convert)
            for index, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
        )

    def bind(self, given: Parameters) -> tuple[Any, ...] | dict[str, Any]:
        """Values as the driver wants them. Raises KeyError when one is missing."""
        if self._constants:
            given = {**self._constants, **given}
        if self._positional:
            return tuple(
                [given[name] if to is None else to(given[name]) for name, to in self._binds]
            )
        return {name: given[name] if to is None else to(given[name]) for name, to in self._binds}

    def read(self, row: Row) -> Row:
        """A driver's row as Python values."""
        if not self._results:
            return row
        values = list(row)
        for index, convert in self._results:
            values[index] = convert(values[index])
        return tuple(values)


class Statement:
    """A statement on every database. ``written``: one for both, or one for each by name."""

    __slots__ = ("_prepared", "_written")

    def __init__(self, written: Executable | Mapping[str, Executable]) -> None:
        self._written = written
        self._prepared: dict[str, Prepared] = {}

    def on(self, dialect: str) -> Prepared:
        """Compiled for a database, the first time it is asked for."""
        prepared = self._prepared.get(dialect)
        if prepared is None:
            written = self._written
            if isinstance(written, Mapping):
                written = written[dialect]
            prepared = self._prepared[dialect] = Prepared(written, _DIALECTS[dialect])
        return prepared


def values_of(table: Table) -> dict[str, Any]:
    """A parameter for each column, by its name."""
    return {column.name: bindparam(column.name) for column in table.c if column.name != ROW_ID}


def insert(table: Table) -> Statement:
    """Insert a row, all columns given."""
    return Statement(table.insert().values(values_of(table)))


def upsert(table: Table, build: Callable[[Any], Executable]) -> Statement:
    """``build`` gets an INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return Statement(
        {"sqlite": build(sqlite.insert(table)), "postgresql": build(postgresql.insert(table))}
    )


def insert_once(table: Table) -> Statement:
    """Insert a row unless one with the same unique key is there: 1 or 0 rows written."""
    return upsert(table, lambda insert: insert.values(values_of(table)).on_conflict_do_nothing())
