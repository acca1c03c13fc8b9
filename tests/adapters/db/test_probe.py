"""Connections of PostgreSQL are handed out whole, and mostly without asking the server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from fixtures_postgres import PostgresServer
from sqlalchemy import func, literal_column, select, text
from store_rows import begin_call

from ivr.adapters.db import probe
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.store import SqlStore

ONE = Statement(select(literal_column("1")))
PREPARED = Statement(
    select(func.count()).select_from(text("pg_prepared_statements")).where(text("from_sql = false"))
)


@pytest.fixture
def asked(postgres_store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """An entry for each time the server is asked whether it is there."""
    times: list[int] = []
    ping = postgres_store.engine.dialect.do_ping

    def count(connection: object) -> bool:
        times.append(1)
        return ping(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(postgres_store.engine.dialect, "do_ping", count)
    yield times


def end_all_of(server: PostgresServer, store: SqlStore) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = %s",
            [store.engine.url.database],
        )


def test_connection_that_was_just_used_is_not_asked_for(
    postgres_store: SqlStore, asked: list[int]
) -> None:
    for _ in range(5):
        postgres_store.ping()
    assert asked == []


def test_connection_at_rest_for_long_is_asked_for(
    postgres_store: SqlStore, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_store.ping()
    monkeypatch.setattr(probe, "IDLE_S", 0.0)
    postgres_store.ping()
    assert asked == [1]


def test_connection_that_the_server_has_ended_is_replaced_before_it_is_used(
    postgres_store: SqlStore, postgres_server: PostgresServer, asked: list[int]
) -> None:
    postgres_store.ping()
    end_all_of(postgres_server, postgres_store)
    postgres_store.ping()
    with postgres_store.engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    assert asked == [1]


def test_reading_does_not_forget_what_was_prepared(postgres_store: SqlStore) -> None:
    begin_call(postgres_store)
    for _ in range(12):
        with postgres_store.begin(write=False) as tx:
            tx.calls.view("CA" + "0" * 32, 1)
    driver = postgres_store.connections.take(write=False)
    try:
        assert driver.value(PREPARED, {}) > 0
    finally:
        postgres_store.connections.give_back(driver)


def test_reading_holds_no_transaction_open_and_writing_does(postgres_store: SqlStore) -> None:
    def state_inside(*, write: bool) -> str:
        driver: Driver = postgres_store.connections.take(write=write)
        try:
            driver.value(ONE, {})
            return str(driver._connection.info.transaction_status.name)
        finally:
            postgres_store.connections.give_back(driver)

    assert [state_inside(write=write) for write in (False, True, False)] == [
        "IDLE",
        "INTRANS",
        "IDLE",
    ]
