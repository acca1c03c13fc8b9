"""Contract of the store: tickets, recordings, callbacks, queues and flow revisions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from store_rows import (
    CALLER,
    START,
    a_callback,
    a_recording,
    a_ticket,
    a_wait,
    after,
    begin_call,
)

from ivr.ports.store import Store


def test_protocol_numbers_of_a_year_count_from_one(store: Store) -> None:
    with store.begin() as tx:
        assert [tx.tickets.next_sequence(2026) for _ in range(3)] == [1, 2, 3]
        assert tx.tickets.next_sequence(2027) == 1


def test_protocol_number_is_never_given_twice_to_callers_at_once(store: Store) -> None:
    def number(_: int) -> int:
        with store.begin() as tx:
            return tx.tickets.next_sequence(2026)

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(number, range(100))) == list(range(1, 101))


def test_ticket_is_read_back_and_changed_by_column(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.tickets.by_protocol("P-CA1") == a_ticket()
        tx.tickets.change(
            "P-CA1", status="closed", rating=5, closed_at=after(9), due_business=date(2026, 4, 1)
        )
        tx.tickets.change("P-CA1")
    with store.begin(write=False) as tx:
        assert tx.tickets.by_protocol("P-CA1") == replace(
            a_ticket(),
            status="closed",
            rating=5,
            closed_at=after(9),
            due_business=date(2026, 4, 1),
            version=2,
        )
        assert tx.tickets.by_protocol("P-other") is None


@pytest.mark.parametrize("name", ["row_id", "node = 'x', status"])
def test_ticket_has_no_other_column_to_change(store: Store, name: str) -> None:
    begin_call(store)
    with pytest.raises(ValueError, match="column"), store.begin() as tx:
        tx.tickets.change("P-CA1", **{name: "x"})  # type: ignore[arg-type]


def test_change_of_a_missing_ticket_is_told(store: Store) -> None:
    with pytest.raises(LookupError), store.begin() as tx:
        tx.tickets.change("P-404", node="x")


def test_call_has_one_ticket(store: Store) -> None:
    begin_call(store)
    with pytest.raises(Exception, match="(?i)unique"), store.begin() as tx:
        tx.tickets.add(a_ticket(protocol="P-other"))


def test_recording_is_kept_once(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        tx.tickets.add_recording(a_recording("RE2", at=after(2)))
        tx.tickets.add_recording(a_recording("RE1"))
        tx.tickets.add_recording(a_recording("RE1", seconds=99))
        assert tx.tickets.recordings("P-CA1") == [
            a_recording("RE1"),
            a_recording("RE2", at=after(2)),
        ]


def test_one_callback_waits_for_each_number(store: Store) -> None:
    for sid in ("CA1", "CA2", "CA3"):
        begin_call(store, sid)
    later = a_callback("CA3", number="+5567999990002", asked_at=after(-60))
    with store.begin() as tx:
        assert tx.tickets.add_callback(a_callback("CA1"))
        assert not tx.tickets.add_callback(a_callback("CA2"))
        assert tx.tickets.add_callback(later)
    with store.begin(write=False) as tx:
        assert tx.tickets.callbacks() == [later, a_callback("CA1")]
        assert tx.tickets.callbacks(state="done") == []
        assert tx.tickets.callbacks()[1].number == CALLER


def test_callback_that_is_over_does_not_stand_in_the_way(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.tickets.add_callback(a_callback(state="done"))
        assert tx.tickets.add_callback(a_callback())
        assert len(tx.tickets.callbacks(state="done")) == 1


def test_callers_wait_in_the_order_of_their_entry(store: Store) -> None:
    with store.begin() as tx:
        tx.queues.enter(a_wait("CA2", entered_at=after(20)))
        tx.queues.enter(a_wait("CA1", entered_at=after(10)))
        tx.queues.enter(a_wait("CA3", entered_at=after(20)))
        tx.queues.enter(a_wait("CA9", queue="other"))
        assert [tx.queues.position(sid) for sid in ("CA1", "CA2", "CA3", "CA9")] == [1, 2, 3, 1]
        assert (tx.queues.waiting("desk"), tx.queues.waiting("empty")) == (3, 0)
        assert tx.queues.position("CA404") == 0
        tx.queues.enter(a_wait("CA4", entered_at=after(25), priority=10))
        assert [tx.queues.position(sid) for sid in ("CA4", "CA1", "CA2")] == [1, 2, 3]
        tx.queues.leave("CA4", at=after(30), result="abandoned")
        tx.queues.leave("CA1", at=after(30), result="abandoned")
        assert [tx.queues.position(sid) for sid in ("CA1", "CA2", "CA3")] == [0, 1, 2]


def test_caller_enters_once_and_keeps_the_place(store: Store) -> None:
    with store.begin() as tx:
        tx.queues.enter(a_wait())
        tx.queues.enter(a_wait(entered_at=after(60)))
        assert tx.queues.entry("CA1") == a_wait(ranked_at=START)
        assert tx.queues.waiting("desk") == 1


def test_late_repeat_of_an_entry_brings_nobody_back(store: Store) -> None:
    with store.begin() as tx:
        tx.queues.enter(a_wait())
        tx.queues.leave("CA1", at=after(30), result="bridged")
        tx.queues.leave("CA1", at=after(40), result="abandoned")
        tx.queues.enter(a_wait())
        ended = a_wait(ranked_at=START, left_at=after(30), result="bridged")
        assert tx.queues.entry("CA1") == ended
        assert tx.queues.waiting("desk") == 0


def test_caller_who_left_may_enter_again(store: Store) -> None:
    with store.begin() as tx:
        tx.queues.enter(a_wait())
        tx.queues.leave("CA1", at=after(30), result="wish:callback")
        tx.queues.enter(a_wait(entered_at=after(50)))
        assert tx.queues.position("CA1") == 1
        assert tx.queues.entry("CA1") == a_wait(entered_at=after(50), ranked_at=START)


def test_mean_wait_counts_waits_that_a_person_ended(store: Store) -> None:
    waits = (("CA1", 10.5, "bridged"), ("CA2", 20, "answered"), ("CA3", 999, "abandoned"))
    with store.begin() as tx:
        assert tx.queues.mean_wait("desk", since=START) is None
        for sid, seconds, result in waits:
            tx.queues.enter(a_wait(sid))
            tx.queues.leave(sid, at=after(seconds), result=result)
        assert tx.queues.mean_wait("desk", since=START) == pytest.approx(15.25, abs=0.01)
        assert tx.queues.mean_wait("desk", since=after(15)) == pytest.approx(20, abs=0.01)
        assert tx.queues.mean_wait("other", since=START) is None


def test_flow_files_of_a_revision_are_kept_once(store: Store) -> None:
    with store.begin() as tx:
        tx.flows.save("r1", '{"a": "ç"}', at=START)
        tx.flows.save("r1", "{}", at=after(1))
        assert tx.flows.get("r1") == '{"a": "ç"}'
        assert tx.flows.get("r2") is None


def test_times_of_other_zones_are_one_instant(store: Store) -> None:
    campo_grande = timezone(timedelta(hours=-4))
    there = datetime(2026, 3, 2, 8, 0, tzinfo=campo_grande)
    with store.begin() as tx:
        tx.queues.enter(a_wait(entered_at=there))
        entry = tx.queues.entry("CA1")
    assert entry is not None
    assert entry.entered_at == START
    assert entry.entered_at.utcoffset() == timedelta(0)
