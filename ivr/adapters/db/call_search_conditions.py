"""A filter of the call log as SQL: each shape of a filter is compiled once.

Every condition that has a partial index names the index's own condition too, or the databases
could not use it. A search by agent or queue walks ``call_marks``, whose key is in the order of the
page; any other walks ``call_facts``.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_log import BY_FLAG, BY_SOME, call_facts, call_marks
from ivr.adapters.db.tables_tickets import contacts
from ivr.ports.call_search import LogFilter

_f = call_facts.c
MARKS = ("agent", "queue")
FACTS = tuple(column.name for column in call_facts.c)
_PLAIN = tuple(f.name for f in fields(LogFilter) if f.name != "any_of")

Shape = tuple[str, ...]
"""Names of the conditions of a filter, of which the values are parameters."""


def shape_of(wanted: LogFilter, sought: tuple[str, str] | None) -> tuple[Shape, dict[str, Any]]:
    """The conditions of a filter with one of its alternatives, and their values."""
    values: dict[str, Any] = {}
    for name in _PLAIN:
        value = getattr(wanted, name)
        if value is not None and value != "" and value is not False:
            values[name] = value
    if sought is not None:
        values[f"sought_{sought[0]}"] = sought[1]
    return tuple(values), {name: v for name, v in values.items() if name not in BY_FLAG}


@lru_cache(maxsize=512)
def page_of(shape: Shape, *, after: bool) -> Statement:
    """A page of lines; ``after``: it goes on where another ended."""
    chosen = _chosen(shape, after=after, lines=True)
    return Statement(chosen.limit(bindparam("most", type_=Integer)))


@lru_cache(maxsize=256)
def every_of(shape: Shape) -> Statement:
    """All lines."""
    return Statement(_chosen(shape, after=False, lines=True))


@lru_cache(maxsize=256)
def count_of(shape: Shape) -> Statement:
    """How many."""
    return Statement(_chosen(shape, after=False, lines=False))


def _chosen(shape: Shape, *, after: bool, lines: bool) -> Select[Any]:
    marks = [name for name in shape if name.removeprefix("sought_") in MARKS]
    first = marks[0] if marks else ""
    started, sid = _f.started_at, _f.sid
    if first:
        started, sid = call_marks.c.started_at, call_marks.c.call_sid
    source: FromClause = call_facts
    where: list[ColumnElement[bool]] = []
    if first:
        source = call_marks.join(call_facts, _f.sid == call_marks.c.call_sid)
        where += _mark(call_marks, first)
    for name in marks[1:]:
        other = call_marks.alias(name)
        where.append(
            select(literal_column("1"))
            .select_from(other)
            .where(*_mark(other, name), other.c.started_at == started, other.c.call_sid == sid)
            .exists()
        )
    for name in shape:
        if name not in marks:
            where += _condition(name, started)
    if not lines:
        return select(func.count()).select_from(source).where(*where)
    if after:
        last = tuple_(
            bindparam("before_at", type_=UtcDateTime), bindparam("before_sid", type_=Text)
        )
        where.append(tuple_(started, sid) < last)
    source = source.outerjoin(contacts, contacts.c.call_sid == _f.sid)
    return (
        select(*call_facts.c, contacts.c.caller_end, contacts.c.known_sealed)
        .select_from(source)
        .where(*where)
        .order_by(started.desc(), sid.desc())
    )


def _mark(table: Any, name: str) -> list[ColumnElement[bool]]:
    return [
        table.c.kind == literal_column(f"'{name.removeprefix('sought_')}'"),
        table.c.value == bindparam(name, type_=Text),
    ]


def _condition(name: str, started: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    if name == "since":
        return [started >= bindparam(name, type_=UtcDateTime)]
    if name == "until":
        return [started < bindparam(name, type_=UtcDateTime)]
    if name in BY_FLAG:
        return [literal_column(f"call_facts.{name}")]
    column = name.removeprefix("sought_")
    found: list[ColumnElement[bool]] = [_f[column] == bindparam(name, type_=_f[column].type)]
    if column in BY_SOME:
        found.append(_f[column] != literal_column("''"))
    if column == "rating":
        found.append(_f[column].is_not(None))
    return found
