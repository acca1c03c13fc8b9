"""What is erased when, to the second, on both databases; holds; tables that only grow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from adapters.db.rows_in_every_table import OLD, a_row, fill
from sqlalchemy import func, insert, select, text
from store_rows import START, HandClock

from ivr.adapters.db import tables
from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.retention_rules import GROWING, RULES
from ivr.adapters.db.store import SqlStore
from ivr.domain.retention import RetentionClass
from ivr.ports.retention import LegalHold


def counts(store: SqlStore) -> dict[str, int]:
    with store.reader.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def purge(store: SqlStore, kind: RetentionClass, before: datetime) -> int:
    with store.begin() as tx:
        return tx.retention.purge(kind, before=before, at=tx.now(), most=100)


def put_hold(store: SqlStore, what: str) -> None:
    with store.begin() as tx:
        tx.retention.hold(
            LegalHold(id="H1", object=what, reason="Processo 1", added_by="S-1", added_at=tx.now())
        )


def test_whole_attendance_goes_and_nothing_else(store: SqlStore) -> None:
    fill(store)
    gone = {t.name for t in metadata.sorted_tables if {"call_sid", "protocol"} & set(t.c.keys())}
    gone |= {
        t.name
        for t in metadata.sorted_tables
        if any(key.column.table.name in gone for key in t.foreign_keys)
    }
    assert {"tickets", "calls", "journal", "ticket_events", "engagements", "offers"} <= gone
    before = counts(store)
    assert purge(store, "attendance", OLD) == 1
    after = counts(store)
    assert {name for name, count in after.items() if count < before[name]} == gone
    assert {name for name in gone if after[name]} == set()
    with store.begin(write=False) as tx:
        mark = tx.retention.erased("ticket:P1")
    assert mark is not None
    assert (mark.kind, mark.at) == ("attendance", START)


def test_attendance_is_kept_until_its_last_moment(store: SqlStore) -> None:
    fill(store)
    for late in (timedelta(microseconds=1), timedelta(seconds=1)):
        assert purge(store, "attendance", OLD - late) == 0
    assert counts(store)["tickets"] == 1
    assert purge(store, "attendance", OLD) == 1


@pytest.mark.parametrize("status", ["open", "pending"])
def test_ticket_without_solution_is_never_due(store: SqlStore, status: str) -> None:
    fill(store)
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE tickets SET status = '{status}'"))
    assert purge(store, "attendance", START) == 0


@pytest.mark.parametrize("what", ["ticket:P1", "person:tickets-1", "recording:recordings-1"])
def test_hold_keeps_the_attendance_until_it_is_lifted(store: SqlStore, what: str) -> None:
    fill(store)
    put_hold(store, what)
    with store.begin(write=False) as tx:
        due = tx.retention.due("attendance", before=OLD)
    assert (due.rows, due.held) == (0, 1)
    assert purge(store, "attendance", OLD) == 0
    with store.begin() as tx:
        assert tx.retention.release("H1", by="S-1", at=tx.now())
        assert not tx.retention.release("H1", by="S-1", at=tx.now())
    assert purge(store, "attendance", OLD) == 1


def test_ticket_that_was_joined_stays_with_the_one_it_belongs_to(store: SqlStore) -> None:
    fill(store)
    with store.engine.begin() as connection:
        connection.execute(
            insert(tables.calls), [a_row(tables.calls, OLD, sid="CA2", protocol="P2")]
        )
        connection.execute(
            insert(tables.tickets),
            [a_row(tables.tickets, OLD, protocol="P2", call_sid="CA2", merged_into="P1")],
        )
        connection.execute(
            tables.tickets.update().where(tables.tickets.c.protocol == "P1").values(closed_at=START)
        )
    assert purge(store, "attendance", OLD) == 0
    assert purge(store, "attendance", START) == 2


def test_row_of_a_class_goes_at_its_moment_and_not_before(store: SqlStore) -> None:
    fill(store)
    for kind, rules in RULES.items():
        before = counts(store)
        ours = {rule.table.name for rule in rules if before[rule.table.name]}
        with store.begin(write=False) as tx:
            due = tx.retention.due(kind, before=OLD)
        assert (due.rows, due.oldest) == (len(rules), OLD), kind
        assert purge(store, kind, OLD - timedelta(seconds=1)) == 0, kind
        assert purge(store, kind, OLD) == len(rules), kind
        after = counts(store)
        assert {name for name, count in after.items() if count != before[name]} == ours, kind
        assert all(after[name] == 0 for name in ours), kind


def test_hold_on_a_person_keeps_what_names_them(store: SqlStore) -> None:
    fill(store)
    named = {
        kind: [rule.table.name for rule in rules if rule.person is not None]
        for kind, rules in RULES.items()
    }
    held = {name for names in named.values() for name in names}
    for name in sorted(held):
        with store.begin() as tx:
            tx.retention.hold(
                LegalHold(
                    id=f"H-{name}",
                    object=f"person:{name}-1",
                    reason="Processo 1",
                    added_by="S-1",
                    added_at=tx.now(),
                )
            )
    for kind, names in named.items():
        with store.begin(write=False) as tx:
            assert tx.retention.due(kind, before=OLD).held == len(names), kind
        purge(store, kind, OLD)
    after = counts(store)
    assert held and all(after[name] == 1 for name in held)


def test_known_of_a_contact_is_forgotten_with_a_mark_and_its_row_stays(store: SqlStore) -> None:
    fill(store)
    assert purge(store, "contacts", OLD - timedelta(seconds=1)) == 0
    assert purge(store, "contacts", OLD) == 1
    assert purge(store, "contacts", OLD) == 0
    with store.begin(write=False) as tx:
        contact = tx.ticket_log.contact("CA1")
        mark = tx.retention.erased("contact:CA1")
    assert contact is not None and contact.erased
    assert mark is not None and mark.kind == "contacts"


def test_tables_that_grow_refuse_everybody_else(store: SqlStore) -> None:
    def refused() -> None:
        for table in GROWING:
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET data = '{{}}'"):
                with (
                    pytest.raises(Exception, match="only grow"),
                    store.engine.begin() as connection,
                ):
                    connection.execute(text(change))

    fill(store)
    refused()
    purge(store, "attendance", OLD)
    purge(store, "owner_events", OLD)
    assert [counts(store)[table] for table in GROWING] == [0, 0, 0]
    fill(store, but=tuple(t.name for t in metadata.sorted_tables if t.name not in GROWING))
    refused()
    assert counts(store)["retention_pass"] == 0


def test_pass_of_retention_allows_no_change_of_a_row(store: SqlStore) -> None:
    fill(store)
    with pytest.raises(Exception, match="only grow"), store.engine.begin() as connection:
        connection.execute(text("INSERT INTO retention_pass (table_name) VALUES ('journal')"))
        connection.execute(text("UPDATE journal SET kind = 'x'"))


def test_only_one_worker_gets_the_run_of_a_day(store: SqlStore, clock: HandClock) -> None:
    day, hour = START.date(), timedelta(hours=1)

    def begin() -> bool:
        with store.begin() as tx:
            now = tx.now()
            return tx.retention.begin_run(day, at=now, stale_before=now - hour)

    assert [begin(), begin()] == [True, False]
    clock.move(3601)
    assert begin()
    with store.begin() as tx:
        tx.retention.finish_run(day, at=tx.now(), counts={"alarms": 2})
    clock.move(7200)
    assert not begin()
    with store.begin(write=False) as tx:
        last = tx.retention.last_run()
    assert last is not None
    assert (last.day, last.counts) == (day, {"alarms": 2})


def test_purge_takes_no_more_than_it_may(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        rows: list[Mapping[str, Any]] = [a_row(tables.alarms, OLD, key=f"a{n}") for n in range(5)]
        connection.execute(insert(tables.alarms), rows)
    with store.begin() as tx:
        assert tx.retention.purge("alarms", before=OLD, at=tx.now(), most=3) == 3
        assert tx.retention.purge("alarms", before=OLD, at=tx.now(), most=3) == 2
