"""A database that is locked, stopped, full or corrupt is told as such, and comes back."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures_postgres import PostgresServer
from sqlalchemy import event, text
from store_rows import CALLER, a_call, a_ticket, begin_call, opened

from ivr.adapters.db.engine import make_engine
from ivr.adapters.db.migrate import upgrade
from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from ivr.ports.store import StoreUnavailableError

PATIENCE_S = 0.2


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that these tests may stop."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    server = PostgresServer(folder)
    yield server
    server.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stoppable(own_server: PostgresServer) -> Iterator[SqlStore]:
    url = own_server.new_database()
    upgrade(url)
    store = opened(url)
    yield store
    store.close()


@pytest.fixture
def embedded(sqlite_url: str) -> Iterator[SqlStore]:
    upgrade(sqlite_url)
    store = opened(sqlite_url, patience_s=PATIENCE_S)
    yield store
    store.close()


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_writer_of_another_process_locks_sqlite_and_readers_go_on(
    embedded: SqlStore, sqlite_url: str
) -> None:
    begin_call(embedded)
    other = sqlite3.connect(file_of(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="locked"), embedded.begin():
        pass
    assert time.monotonic() - began < 10 * PATIENCE_S
    with embedded.begin(write=False) as tx:
        assert tx.calls.view("CA1", 0) is not None
    other.execute("ROLLBACK")
    other.close()
    begin_call(embedded, "CA2")


def test_writer_of_another_thread_is_waited_for_and_no_longer_than_said(
    embedded: SqlStore,
) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with embedded.begin():
            holding.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    with pytest.raises(StoreUnavailableError, match="locked"), embedded.begin():
        pass
    done.set()
    thread.join()
    begin_call(embedded)


def test_locked_table_of_postgresql_is_told(postgres_url: str) -> None:
    upgrade(postgres_url)
    store = opened(postgres_url, patience_s=PATIENCE_S)
    begin_call(store)
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreUnavailableError), store.begin(write=False) as tx:
            tx.calls.view("CA1", 0)
    with store.begin(write=False) as tx:
        assert tx.calls.view("CA1", 0) is not None
    store.close()


def test_pool_without_a_free_connection_is_told(postgres_url: str) -> None:
    upgrade(postgres_url)
    store = opened(postgres_url, patience_s=PATIENCE_S, pool_size=1)
    with (
        pytest.raises(StoreUnavailableError, match="free"),
        store.begin(write=False),
        store.begin(write=False),
        store.begin(write=False),
    ):
        pass
    store.ping()
    store.close()


def test_stopped_server_is_told_and_its_return_needs_no_new_store(
    own_server: PostgresServer, stoppable: SqlStore
) -> None:
    begin_call(stoppable)
    own_server.stop("immediate")
    try:
        for write in (True, False):
            with pytest.raises(StoreUnavailableError), stoppable.begin(write=write) as tx:
                tx.calls.view("CA1", 0)
        with pytest.raises(StoreUnavailableError):
            stoppable.ping()
        with pytest.raises(StoreUnavailableError), stoppable.engine.connect():
            pass
    finally:
        own_server.start()
    stoppable.ping()
    with stoppable.begin() as tx:
        assert tx.calls.end("CA1", at=a_call().started_at, by="sweep", outcome="x")


def test_server_that_dies_inside_a_transaction_leaves_nothing_of_it(
    own_server: PostgresServer, stoppable: SqlStore
) -> None:
    with pytest.raises(StoreUnavailableError), stoppable.begin() as tx:
        tx.calls.add(a_call())
        own_server.stop("immediate")
        own_server.start()
        tx.tickets.add(a_ticket())
    with stoppable.begin(write=False) as tx:
        assert tx.calls.view("CA1", 0) is None
    begin_call(stoppable)


def test_server_that_dies_before_the_commit_is_told_by_the_commit(
    own_server: PostgresServer, stoppable: SqlStore
) -> None:
    with pytest.raises(StoreUnavailableError), stoppable.begin() as tx:
        tx.calls.add(a_call())
        own_server.stop("immediate")
        own_server.start()
    with stoppable.begin(write=False) as tx:
        assert tx.calls.view("CA1", 0) is None


def test_full_disk_is_told_and_loses_nothing_that_was_there(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    store = opened(sqlite_url)

    @event.listens_for(store.engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    begin_call(store)
    with pytest.raises(StoreUnavailableError, match="full"), store.begin() as tx:
        tx.flows.save("big", "x" * 1_000_000, at=a_call().started_at)
    with store.begin(write=False) as tx:
        assert tx.calls.view("CA1", 0) is not None
        assert tx.flows.get("big") is None
    store.close()


def test_corrupt_file_is_told(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    file_of(sqlite_url).write_bytes(b"no database " * 1000)
    store = opened(sqlite_url)
    for write in (True, False):
        with pytest.raises(StoreUnavailableError, match="corrupt"), store.begin(write=write) as tx:
            tx.calls.view("CA1", 0)
    store.close()


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError):
        opened(f"sqlite:///{tmp_path}/file/calls.db")


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "no url"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        open_store(url, seal=AesGcmSeal(b"k"), keyed_hash=HmacHash(b"k"))


def test_errors_show_no_personal_value(store: SqlStore) -> None:
    begin_call(store)
    with pytest.raises(Exception) as caught, store.begin() as tx:
        tx.tickets.add(a_ticket(protocol=CALLER))
    assert CALLER not in str(caught.value)
    with pytest.raises(Exception) as caught, store.engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:v)"), {"v": CALLER})
    assert CALLER not in str(caught.value)


def test_password_of_the_database_is_in_no_error() -> None:
    engine = make_engine("postgresql://u:hidden-word@127.0.0.1:1/x")
    with pytest.raises(StoreUnavailableError) as caught, engine.connect():
        pass
    assert "hidden-word" not in str(caught.value)
    assert "hidden-word" not in str(caught.value.__cause__)


def test_server_that_only_reads_in_a_failover_is_told_as_away(own_server: PostgresServer) -> None:
    url = own_server.new_database()
    upgrade(url)
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    store = opened(url)
    with pytest.raises(StoreUnavailableError):
        begin_call(store)
    store.close()
