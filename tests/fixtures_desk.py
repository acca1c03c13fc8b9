"""On which store the desks of a test run: ``--store``, and the mark ``on_both_stores``."""

from __future__ import annotations

from collections.abc import Iterator

import desk as desks
import pytest
from desk_stores import PostgresStore, SqliteStore

STORES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("usual", "both", *STORES),
        default="usual",
        help="store of the desks; usual: SQLite, and those marked on_both_stores on PostgreSQL too",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_both_stores: runs on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "sqlite_only: speaks of what only a file can suffer")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "desk_store" in metafunc.fixturenames:
        stores = _stores_of(metafunc)
        metafunc.parametrize("desk_store", stores, indirect=True, ids=[f"on_{s}" for s in stores])


def _stores_of(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    wanted = metafunc.config.getoption("--store")
    if "sqlite_only" in marks:
        return ("sqlite",)
    if wanted == "both" or (wanted == "usual" and "on_both_stores" in marks):
        return STORES
    return ("sqlite",) if wanted == "usual" else (wanted,)


@pytest.fixture(scope="session")
def postgres_desks(request: pytest.FixtureRequest) -> PostgresStore:
    """The migrated template on the private server."""
    return PostgresStore(request.getfixturevalue("postgres_server"), desks.prepare)


@pytest.fixture
def desk_store(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of the store on which every desk of this test is made."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    store: PostgresStore = request.getfixturevalue("postgres_desks")
    desks.keep_rows_in(store)
    try:
        yield "postgresql"
    finally:
        desks.keep_rows_in(SqliteStore(desks.prepare))
        store.drop_all()
