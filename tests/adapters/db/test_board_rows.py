"""What the board reads and switches, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from store_rows import START, HandClock, a_call, a_ticket, a_wait, after, an_entry, begin_call

from ivr.adapters.db.store import SqlStore
from ivr.ports.metrics import AlertRow, ClosedQueue, NodeNow, OpenTickets, OutageRow

ALERT = AlertRow(kind="waiting", subject="desk", level="attention", value=12, raised_at=START)


def test_alert_is_raised_once_until_it_ends(store: SqlStore) -> None:
    with store.begin() as tx:
        assert tx.switches.raise_alert(ALERT)
        assert not tx.switches.raise_alert(ALERT)
        (row,) = tx.switches.raised()
        tx.switches.update_alert(replace(row, level="critical", value=30))
        assert [(a.level, a.value) for a in tx.switches.raised()] == [("critical", 30)]
        assert tx.switches.see_alert(row.id, by="carla", at=after(5))
        assert not tx.switches.see_alert(row.id, by="davi", at=after(6))
        tx.switches.update_alert(replace(row, cleared_at=after(9)))
        assert list(tx.switches.raised()) == []
        assert tx.switches.raise_alert(replace(ALERT, raised_at=after(20)))
        told = tx.switches.alerts_since(START)
    assert [(a.raised_at, a.seen_by) for a in told] == [(after(20), ""), (START, "carla")]


def test_closed_queue_opens_by_itself_when_its_time_is_over(store: SqlStore) -> None:
    row = ClosedQueue(queue="desk", at=START, until=after(60), by="carla")
    with store.begin() as tx:
        tx.switches.close_queue(row)
        assert tx.switches.closed_queues(now=after(59)) == {"desk": row}
        assert tx.switches.closed_queues(now=after(60)) == {}
        for_good = replace(row, until=None)
        tx.switches.close_queue(for_good)
        assert tx.switches.closed_queues(now=after(9999)) == {"desk": for_good}
        assert tx.switches.open_queue("desk")
        assert not tx.switches.open_queue("desk")


def test_expired_message_is_none(store: SqlStore) -> None:
    row = OutageRow(prompt="outage.email", at=START, until=after(60), by="carla")
    with store.begin() as tx:
        tx.switches.begin_outage(row)
        found = tx.switches.outage(now=after(59))
        assert found == replace(row, id=found.id if found else 0)
        assert tx.switches.outage(now=after(60)) is None
        assert found is not None
        assert tx.switches.end_outage(found.id, at=after(10))
        assert not tx.switches.end_outage(found.id, at=after(10))
        assert tx.switches.outage(now=after(11)) is None


def test_live_calls_are_told_by_their_newest_node_and_faults_by_kind(store: SqlStore) -> None:
    begin_call(store, "CA1")
    begin_call(store, "CA2")
    begin_call(store, "CA3")
    with store.begin() as tx:
        tx.journal.add("CA1", [an_entry(0, node="menu"), an_entry(1, node="ask")])
        tx.journal.add(
            "CA2", [an_entry(0, node="ask"), an_entry(1, kind="fault.bound", node="ask")]
        )
        tx.journal.add("CA3", [an_entry(0, node="menu")])
        tx.calls.end("CA3", at=after(5), by="caller", outcome="abandoned")
        assert list(tx.metrics.nodes_now()) == [NodeNow(node="main.ask", calls=2)]
        assert tx.metrics.faults_since(START, started=START) == {"fault.bound": 1}
        assert tx.metrics.faults_since(after(1), started=START) == {}


def test_open_tickets_are_told_by_both_clocks(store: SqlStore) -> None:
    for sid, business, calendar in (
        ("CA1", date(2026, 3, 5), date(2026, 3, 9)),
        ("CA2", date(2026, 3, 6), date(2026, 3, 12)),
        ("CA3", date(2026, 3, 9), date(2026, 3, 12)),
    ):
        with store.begin() as tx:
            tx.calls.add(a_call(sid))
            tx.tickets.add(a_ticket(sid, due_business=business, due_calendar=calendar, rating=4))
    with store.begin(write=False) as tx:
        told = tx.metrics.open_tickets(date(2026, 3, 6), soon=date(2026, 3, 7))
        assert tx.metrics.ratings_since(START) == (3, 12)
        assert tx.metrics.ratings_since(after(1)) == (0, 0)
    assert told == OpenTickets(open=3, late_business=1, late_calendar=0, soon=1)


def test_who_waits_is_listed_by_rank(store: SqlStore, clock: HandClock) -> None:
    for number, priority in enumerate((0, 20, 0)):
        begin_call(store, f"CA{number}")
        with store.begin() as tx:
            at = START + timedelta(seconds=number)
            tx.queues.enter(a_wait(f"CA{number}", entered_at=at, priority=priority))
    with store.begin(write=False) as tx:
        rows = tx.metrics.waiting("desk", limit=2)
    assert [(row.call_sid, row.protocol) for row in rows] == [("CA1", "P-CA1"), ("CA0", "P-CA0")]
    assert clock.now() == START
