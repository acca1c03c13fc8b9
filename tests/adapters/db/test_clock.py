"""Which clock decides whether a code or a lease is still good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from store_rows import HandClock, after, opened

from ivr.adapters.db.migrate import upgrade

NEAR = timedelta(seconds=5)


def test_database_tells_the_time_when_no_clock_is_given(store_url: str) -> None:
    store = opened(store_url, clock=None)
    with store.begin(write=False) as tx:
        first = tx.now()
        second = tx.now()
    assert first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < NEAR
    assert second > first
    store.close()


def test_clock_that_is_given_decides(store_url: str) -> None:
    clock = HandClock()
    store = opened(store_url, clock=clock)
    clock.move(3600)
    with store.begin() as tx:
        assert tx.now() == after(3600)
    store.close()


def test_reports_read_beside_an_open_writer(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    with store.begin() as tx:
        tx.tickets.next_sequence(2026)
        with store.reader.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM calls")).scalar_one() == 0
    store.close()
