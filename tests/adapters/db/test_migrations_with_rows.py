"""Migrations go down and up again over a database with a row in every table."""

from __future__ import annotations

import pytest
from adapters.db.rows_in_every_table import fill
from sqlalchemy import inspect, text

from ivr.adapters.db.engine import make_engine
from ivr.adapters.db.migrate import current, downgrade, upgrade
from ivr.adapters.db.revision import newest
from ivr.adapters.db.store import SqlStore


def rows_of(url: str) -> dict[str, int]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in inspect(engine).get_table_names()
        }
    engine.dispose()
    return found


@pytest.mark.parametrize("target", ["0001", f"{int(newest()) - 1:04d}"])
def test_rows_outlive_a_way_down_and_up(store: SqlStore, store_url: str, target: str) -> None:
    fill(store)
    before = rows_of(store_url)
    assert [name for name, count in before.items() if not count] == ["retention_pass"]
    store.close()
    downgrade(store_url, target)
    assert current(store_url) == target
    there = rows_of(store_url)
    assert {name: before[name] for name in there} == there
    upgrade(store_url)
    assert current(store_url) == newest()
    after = rows_of(store_url)
    assert set(after) == set(before)
    assert {name: after[name] for name in there if name != "alembic_version"} == {
        name: count for name, count in there.items() if name != "alembic_version"
    }
