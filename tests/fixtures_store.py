"""A migrated store on each database, for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from migrated import migrated_file
from store_rows import HandClock, opened

from ivr.adapters.db.store import SqlStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database; :func:`store` is over a migrated one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/calls.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store/calls.db"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(store_url: str, clock: HandClock) -> Iterator[SqlStore]:
    if store_url.startswith("sqlite"):
        migrated_file(store_url)
    store = opened(store_url, clock=clock)
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_url: str, clock: HandClock) -> Iterator[SqlStore]:
    """For what only PostgreSQL does."""
    store = opened(postgres_url, clock=clock)
    yield store
    store.close()
