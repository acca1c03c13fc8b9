"""The audit log on both databases: it only grows, its rows are chained however many write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from store_rows import START, HandClock, begin_call, opened

from ivr.adapters.db.migrate import downgrade, upgrade
from ivr.adapters.db.store import SqlStore
from ivr.domain.audit_chain import Broken
from ivr.ports.staff import AuditLine
from ivr.service.audit import head_of, verify


def a_line(number: int = 1) -> AuditLine:
    return AuditLine(
        at=START, actor="S-1", action="ticket.revealed", object=f"ticket:{number}", data={"é": (1,)}
    )


def write(store: SqlStore, count: int) -> None:
    for number in range(1, count + 1):
        with store.begin() as tx:
            tx.audit.add(a_line(number))


def force(store: SqlStore, *statements: str) -> None:
    """As somebody who owns the database and takes the triggers away."""
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_no_update"))
            connection.execute(text("DROP TRIGGER audit_no_delete"))
        for statement in statements:
            connection.execute(text(statement))


def test_rows_are_chained_and_verified(store: SqlStore) -> None:
    write(store, 5)
    verdict = verify(store, kept=[head_of(store)])
    assert verdict.broken is None
    assert verdict.head.position == 5


def test_line_is_told_before_and_after_its_transaction_commits(store: SqlStore) -> None:
    with store.begin() as tx:
        tx.audit.add(a_line())
        assert [line.actor for line in tx.audit.of("ticket:1")] == ["S-1"]
    with store.begin(write=False) as tx:
        assert [line.data for line in tx.audit.of("ticket:1")] == [{"é": [1]}]


def test_line_of_a_transaction_that_rolls_back_leaves_no_place_behind(store: SqlStore) -> None:
    write(store, 1)
    with pytest.raises(ValueError, match="no"), store.begin() as tx:
        tx.audit.add(a_line())
        raise ValueError("no")
    write(store, 1)
    assert verify(store).broken is None
    assert head_of(store).position == 2


def test_reading_transaction_writes_no_line(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.begin(write=False) as tx:
        tx.audit.add(a_line())


@pytest.mark.parametrize(
    "change", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE 1 = 0"]
)
def test_rows_are_neither_changed_nor_deleted(store: SqlStore, change: str) -> None:
    write(store, 2)
    if store.engine.dialect.name == "sqlite" and "1 = 0" in change:
        pytest.skip("a row trigger of SQLite sees only rows")
    with (
        pytest.raises(Exception, match="only grow"),
        store.engine.begin() as connection,
    ):
        connection.execute(text("INSERT INTO retention_pass (table_name) VALUES ('audit')"))
        connection.execute(text(change))
    assert head_of(store).position == 2


@pytest.mark.parametrize(
    ("crime", "defect"),
    [
        ("UPDATE audit SET data = '{}' WHERE position = 3", "changed"),
        ("DELETE FROM audit WHERE position = 3", "missing"),
        (
            "UPDATE audit SET position = CASE position WHEN 3 THEN 104 ELSE 103 END "
            "WHERE position IN (3, 4); UPDATE audit SET position = position - 100 "
            "WHERE position > 100",
            "changed",
        ),
    ],
)
def test_crime_of_who_owns_the_database_is_named(store: SqlStore, crime: str, defect: str) -> None:
    write(store, 6)
    force(store, *crime.split("; "))
    assert verify(store).broken == Broken(position=3, defect=defect)  # type: ignore[arg-type]


def test_cut_end_is_named_by_the_head_that_was_shipped(store: SqlStore) -> None:
    write(store, 6)
    shipped = head_of(store)
    force(store, "DELETE FROM audit WHERE position > 4")
    assert verify(store).broken is None
    assert verify(store, kept=[shipped]).broken == Broken(position=5, defect="cut")


def test_writers_at_once_make_one_chain(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url, clock=HandClock(), pool_size=8)
    ready = threading.Barrier(8)

    def writer(number: int) -> None:
        ready.wait()
        for _ in range(10):
            with store.begin() as tx:
                tx.audit.add(a_line(number))
                tx.audit.add(a_line(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(writer, range(8)))
    verdict = verify(store)
    assert verdict.broken is None
    assert verdict.head.position == 160
    store.close()


def test_two_that_lock_one_call_and_write_lines_do_not_block_each_other(store_url: str) -> None:
    """A line waits for its place until the end: no lock is taken after it."""
    upgrade(store_url)
    store = opened(store_url, clock=HandClock(), pool_size=4)
    begin_call(store)
    met = threading.Barrier(2)

    def one(first: bool) -> None:
        with store.begin() as tx:
            tx.audit.add(a_line())
            if store.engine.dialect.name == "postgresql":
                met.wait(5)
            tx.tickets.change("P-CA1", subject="first" if first else "second")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, [True, False]))
    assert verify(store).head.position == 2
    store.close()


def test_rows_from_before_the_chain_get_their_places(store_url: str) -> None:
    upgrade(store_url)
    store = opened(store_url)
    write(store, 3)
    before = head_of(store)
    downgrade(store_url, "0004")
    with pytest.raises(Exception, match="only grow"), store.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    upgrade(store_url)
    assert head_of(store) == before
    assert verify(store).broken is None
    with pytest.raises(Exception, match="only grow"), store.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    store.close()
