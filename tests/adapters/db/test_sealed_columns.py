"""Nobody who has only the database's files can read a caller, a state or a reply."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures_postgres import PostgresServer
from sqlalchemy import text
from store_rows import SECRET, HandClock, a_call, a_callback, a_ticket, opened

from ivr.adapters.db.migrate import upgrade
from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.sealing import AesGcmSeal, HmacHash

NUMBER = "+5567912345678"
CANARIES = (b"CANARY-STATE", b"CANARY-REPLY", NUMBER.encode(), NUMBER[1:].encode())


class OpenSeal:
    """Seals nothing: shows that the search would find what it looks for."""

    def close(self, plain: bytes) -> bytes:
        return plain

    def open(self, sealed: bytes) -> bytes:
        return sealed


def write_canaries(store: SqlStore) -> None:
    call = a_call(state={"v": "CANARY-STATE"}, caller=NUMBER)
    with store.begin() as tx:
        tx.calls.add(call)
        tx.tickets.add(a_ticket())
        assert tx.calls.advance(call=call, turn=0, reply=b"CANARY-REPLY", now=call.started_at)
        assert tx.tickets.add_callback(a_callback(number=NUMBER))


def bytes_of(store: SqlStore, folder: Path) -> bytes:
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def folder(store_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the database keeps its files."""
    if store_url.startswith("sqlite"):
        return tmp_path
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.folder / "data"


def test_sealed_columns_hold_no_plain_text(store_url: str, folder: Path) -> None:
    upgrade(store_url)
    store = opened(store_url)
    write_canaries(store)
    raw = bytes_of(store, folder)
    store.close()
    assert b"P-CA1" in raw
    assert [canary for canary in CANARIES if canary in raw] == []


def test_search_finds_what_is_not_sealed(store_url: str, folder: Path) -> None:
    upgrade(store_url)
    store = open_store(store_url, seal=OpenSeal(), keyed_hash=HmacHash(SECRET), clock=HandClock())
    write_canaries(store)
    raw = bytes_of(store, folder)
    store.close()
    assert [canary for canary in CANARIES if canary not in raw] == []


def test_another_key_cannot_read_the_call(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    write_canaries(store)
    store.close()
    other = open_store(
        store_url,
        seal=AesGcmSeal(b"another secret key of the tests"),
        keyed_hash=HmacHash(SECRET),
        clock=HandClock(),
    )
    with pytest.raises(ValueError, match="sealed"), other.begin(write=False) as tx:
        tx.calls.view("CA1", 0)
    other.close()


def test_key_that_was_rotated_still_opens(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    write_canaries(store)
    store.close()
    new = b"the secret key after a rotation"
    rotated = open_store(
        store_url,
        seal=AesGcmSeal(new, previous=[SECRET]),
        keyed_hash=HmacHash(new),
        clock=HandClock(),
    )
    with rotated.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    rotated.close()
    assert view is not None
    assert (view.call.caller, view.reply) == (NUMBER, b"CANARY-REPLY")
