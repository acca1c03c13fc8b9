"""A row in every table, made from the tables themselves, so that no new one is forgotten."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Integer, LargeBinary, Table, Text, insert
from sqlalchemy.types import BigInteger, Boolean
from store_rows import START

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.store import SqlStore

OLD = START - timedelta(days=800)
WORDS = {
    ("tickets", "status"): "closed",
    ("outbox", "state"): "done",
    ("agent_presence", "state"): "paused",
    ("offers", "state"): "expired",
    ("engagements", "recording"): "off",
    ("legs", "role"): "agent",
    ("supervisions", "mode"): "listen",
    ("outside_calls", "kind"): "warm",
    ("outside_calls", "state"): "ended",
    ("callbacks", "state"): "done",
    ("reset_links", "purpose"): "password",
    ("data_requests", "kind"): "access",
    ("data_requests", "state"): "done",
    ("alerts", "level"): "attention",
}


def a_row(table: Table, at: datetime, **changes: Any) -> dict[str, Any]:
    """A row of any table, all of whose times are ``at``."""
    row: dict[str, Any] = {}
    for column in table.c:
        kind = column.type
        if column.name == "row_id":
            continue
        if column.foreign_keys:
            row[column.name] = _referred(table, column.name)
        elif (table.name, column.name) in WORDS:
            row[column.name] = WORDS[table.name, column.name]
        elif isinstance(kind, UtcDateTime):
            row[column.name] = at
        elif isinstance(kind, JsonText):
            row[column.name] = {}
        elif isinstance(kind, Boolean):
            row[column.name] = False
        elif isinstance(kind, BigInteger | Integer):
            row[column.name] = 1
        elif isinstance(kind, Date):
            row[column.name] = date(2024, 1, 2)
        elif isinstance(kind, LargeBinary):
            row[column.name] = b"x"
        elif isinstance(kind, Text):
            row[column.name] = {"call_sid": "CA1", "protocol": "P1", "merged_into": ""}.get(
                column.name, f"{table.name}-1"
            )
        else:
            row[column.name] = "{}"
    if table.name in ("calls", "call_facts"):
        row["sid"] = "CA1"
    return {**row, **changes}


def _referred(table: Table, name: str) -> Any:
    key = next(iter(table.c[name].foreign_keys)).column
    if key.table.name in ("calls", "call_facts"):
        return "CA1"
    if key.table.name == "tickets":
        return "P1"
    return OLD if isinstance(key.type, UtcDateTime) else f"{key.table.name}-1"


def fill(
    store: SqlStore, at: datetime = OLD, *, but: tuple[str, ...] = ("retention_pass",)
) -> None:
    """A row in every table."""
    with store.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name not in but:
                connection.execute(insert(table), [a_row(table, at)])
