"""The invented history: the same rows on both databases, whichever process put them in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from migrated import migrated_file
from sqlalchemy import select
from store_rows import SECRET, opened

from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.store import SqlStore
from ivr.adapters.sealing import HmacHash
from tools.history import fill
from tools.history.columns import COLUMNS
from tools.load_history import load

UNTIL = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)
"""The first days of a year and the last ones of another: two sequences of protocols."""


def rows_of(store: SqlStore, *, calls: int) -> dict[str, list[Any]]:
    """Every row of a history, by table."""
    told: list[int] = []
    made = load(
        store,
        HmacHash(SECRET),
        calls=calls,
        days=9,
        journal=40,
        seed=3,
        until=UNTIL,
        quiet=True,
        told=told.append,
    )
    assert made == calls == told[-1]
    assert told == sorted(told)
    with store.engine.connect() as connection:
        found = {}
        for name in (*COLUMNS, "protocol_sequences"):
            columns = COLUMNS.get(name, ("year", "last"))
            query = select(*(metadata.tables[name].c[column] for column in columns))
            found[name] = sorted(map(tuple, connection.execute(query)), key=str)
    return found


def test_history_is_the_same_by_copy_of_several_processes_and_row_by_row(
    postgres_store: SqlStore, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(fill, "CALLS_AT_ONCE", 60)
    copied = rows_of(postgres_store, calls=300)
    migrated_file(sqlite_url)
    store = opened(sqlite_url)
    assert copied == rows_of(store, calls=300)
    store.close()
    assert len(copied["calls"]) == len({row[1] for row in copied["calls"]}) == 300
    assert {row[0] for row in copied["journal"]} == {f"CA0003{n:028x}" for n in range(260, 300)}
    years = {year for year, _ in copied["protocol_sequences"]}
    assert years == {2025, 2026}
    assert sum(last for _, last in copied["protocol_sequences"]) == 300


def test_history_gives_every_column_that_must_be_given() -> None:
    for name, given in COLUMNS.items():
        columns = metadata.tables[name].c
        free = {c.name for c in columns if c.nullable or c.server_default is not None or c.identity}
        assert set(columns.keys()) - free <= set(given) <= set(columns.keys()), name
