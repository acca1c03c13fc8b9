"""Migrations make what the code expects, upwards and downwards, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text
from store_rows import a_call, an_entry, begin_call, opened

from ivr.adapters.db.engine import make_engine
from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.migrate import current, downgrade, upgrade

HEAD = "0012"


def differences(url: str, expected: MetaData) -> list[object]:
    engine = make_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": engine.name == "postgresql"},
        )
        found = compare_metadata(context, expected)
    engine.dispose()
    return list(found)


def tables_of(url: str) -> set[str]:
    engine = make_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_migrated_database_is_what_the_code_expects(store_url: str) -> None:
    upgrade(store_url)
    assert differences(store_url, metadata) == []


def test_comparison_sees_a_column_that_no_migration_makes(store_url: str) -> None:
    upgrade(store_url)
    other = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(other)
    Table("pins", other, Column("forgotten", Integer), extend_existing=True)
    assert len(differences(store_url, other)) == 1


def test_database_goes_down_to_nothing_and_up_again(store_url: str) -> None:
    assert current(store_url) is None
    upgrade(store_url)
    assert current(store_url) == HEAD
    downgrade(store_url, "base")
    assert current(store_url) is None
    assert tables_of(store_url) == {"alembic_version"}
    upgrade(store_url)
    assert tables_of(store_url) == {"alembic_version", *metadata.tables}


def test_second_migration_changes_nothing(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    begin_call(store)
    upgrade(store_url)
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    store.close()
    assert view is not None
    assert view.call == a_call()


def test_processes_that_migrate_together_do_not_clash(store_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [store_url] * 4)) == [None] * 4
    assert differences(store_url, metadata) == []


@pytest.mark.parametrize("change", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal"])
def test_journal_only_grows(store_url: str, change: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    begin_call(store)
    with store.begin() as tx:
        tx.journal.add("CA1", [an_entry()])
    with pytest.raises(Exception, match="only grows"), store.engine.begin() as connection:
        connection.execute(text(change))
    with store.begin(write=False) as tx:
        assert tx.journal.of("CA1") == [an_entry()]
    store.close()
