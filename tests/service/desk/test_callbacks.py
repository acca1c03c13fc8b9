"""Promises to call back: once a person, taken once, at their time and in their place."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_floor import Floor
from store_rows import CALLER, START, HandClock, a_call, a_ticket

from ivr.adapters.db.store import SqlStore
from ivr.bootstrap import read_toml
from ivr.domain.calendar import Calendar
from ivr.domain.callback_tries import MOST_TRIES, next_morning, next_try
from ivr.domain.hours import ServiceHours
from ivr.ports.queues import CallbackRow
from ivr.service.desk import callbacks, citizen_leg, offers
from ivr.service.desk.callbacks import NotNowError, TakenError
from ivr.service.desk.clockwork import tick
from ivr.service.desk.presence import beat, go_available
from ivr.settings import ROOT


def _hours() -> ServiceHours:
    calendar = Calendar.from_data(read_toml(ROOT / "callflows" / "calendar.toml"))
    return ServiceHours.from_data(read_toml(ROOT / "callflows" / "hours.toml"), calendar)


@dataclass
class Desk(Floor):
    hours: ServiceHours = field(default_factory=_hours)

    def promised(self, sid: str = "CA1", *, number: str = CALLER, **changes: Any) -> CallbackRow:
        """An ended call whose caller was promised a call back."""
        with self.store.begin() as tx:
            if tx.calls.view(sid, 0) is None:
                tx.calls.add(a_call(sid, started_at=tx.now()))
                tx.tickets.add(a_ticket(sid, person=changes.pop("person", "")))
                tx.calls.end(sid, at=tx.now(), by="caller", outcome="abandoned")
            made = callbacks.promise(tx, self.row(sid, number=number, **changes))
        assert made is not None
        return made

    def row(self, sid: str, *, number: str = CALLER, **changes: Any) -> CallbackRow:
        fields: dict[str, Any] = {
            "protocol": f"P-{sid}",
            "call_sid": sid,
            "number": number,
            "asked_at": self.clock.at,
            "due": START.date(),
        }
        return CallbackRow(**{**fields, **changes})

    def now(self, callback: int) -> CallbackRow:
        with self.store.begin(write=False) as tx:
            row = tx.callbacks.get(callback)
        assert row is not None
        return row


@pytest.fixture
def desk(store: SqlStore, clock: HandClock) -> Desk:
    """Monday, 8:00 in Campo Grande."""
    return Desk(store=store, clock=clock)


def ten(desk: Desk) -> None:
    """Ten in the morning: open."""
    desk.clock.at = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_second_promise_to_the_same_number_or_the_same_person_keeps_the_first(desk: Desk) -> None:
    first = desk.promised("CA1", person="h1")
    again = desk.promised("CA2")
    other_number = desk.promised("CA3", number="+5567999990055", person="h1")
    assert first.id == again.id == other_number.id
    stranger = desk.promised("CA4", number="+5567999990044", person="h2")
    assert stranger.id != first.id


def test_promise_follows_a_missed_call_and_a_certain_hour_moves_it(desk: Desk) -> None:
    missed = desk.promised("CA1", kind="missed")
    asked = desk.promised("CA1")
    assert desk.now(missed.id).state == "done"
    at = desk.clock.at + timedelta(hours=3)
    moved = desk.promised("CA1", kind="scheduled", next_at=at)
    assert moved.id == asked.id
    assert (desk.now(asked.id).kind, desk.now(asked.id).next_at) == ("scheduled", at)


def test_two_agents_race_for_one_and_the_other_is_told_by_whom(desk: Desk) -> None:
    ten(desk)
    row = desk.promised()
    for name in ("ana", "bruno"):
        desk.agent(name, there=False)
    results: dict[str, str] = {}
    start = threading.Barrier(2)

    def take(name: str) -> None:
        start.wait()
        try:
            results[name] = callbacks.claim(desk, row.id, name).claimed_by
        except TakenError as error:
            results[name] = f"de {error.agent}"

    threads = [threading.Thread(target=take, args=(name,)) for name in ("ana", "bruno")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    winner = desk.now(row.id).claimed_by
    loser = "bruno" if winner == "ana" else "ana"
    assert results == {winner: winner, loser: f"de {winner}"}


def test_promises_that_race_for_one_number_are_one(desk: Desk) -> None:
    for number in range(6):
        with desk.store.begin() as tx:
            tx.calls.add(a_call(f"CA{number}", started_at=tx.now()))
            tx.tickets.add(a_ticket(f"CA{number}", person="h1"))
    start = threading.Barrier(6)

    def ask(number: int) -> None:
        start.wait()
        row = desk.row(f"CA{number}", number=f"+556799999000{number % 2}")
        desk.do(callbacks.promise, row)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with desk.store.begin(write=False) as tx:
        assert sum(tx.callbacks.counts().values()) == 1


def test_promise_is_offered_before_who_came_later_and_not_before_who_came_earlier(
    desk: Desk,
) -> None:
    ten(desk)
    desk.call("CA0")
    desk.clock.move(10)
    row = desk.promised("CA1")
    desk.clock.move(10)
    desk.call("CA2")
    order = []
    for name in ("ana", "bruno", "carla"):
        desk.agent(name)
        tick(desk)
        offer = desk.offer_to(name)
        assert offer is not None
        order.append((offer.call_sid, offer.kind))
    assert order == [("CA0", "queue"), (row.call_sid, "callback"), ("CA2", "queue")]


def test_nobody_is_offered_it_before_its_hour_nor_out_of_hours(desk: Desk) -> None:
    ten(desk)
    at = desk.clock.at + timedelta(minutes=30)
    desk.promised(next_at=at)
    desk.agent("ana")
    tick(desk)
    assert desk.offer_to("ana") is None
    desk.clock.at = at
    beat(desk, "ana", {})
    tick(desk)
    assert desk.offer_to("ana") is not None


def test_promise_leaves_the_queue_when_the_desk_closes_and_keeps_its_place(desk: Desk) -> None:
    ten(desk)
    row = desk.promised()
    desk.agent("ana")
    desk.call("CA9", priority=10)
    tick(desk)
    assert desk.entry(row.call_sid).left_at is None
    desk.clock.at = desk.hours.status(desk.clock.at).closes_at.astimezone(UTC)  # type: ignore[union-attr]
    tick(desk)
    closed = desk.entry(row.call_sid)
    assert closed.result == "closed"
    desk.clock.at = next_morning(desk.clock.at, desk.hours).astimezone(UTC)
    go_available(desk, "ana")
    tick(desk)
    again = desk.entry(row.call_sid)
    assert again.left_at is None
    assert again.ranked_at == closed.ranked_at == row.asked_at


def test_claim_that_is_not_used_ends_by_itself(desk: Desk) -> None:
    ten(desk)
    row = desk.promised()
    desk.agent("ana", there=False)
    callbacks.claim(desk, row.id, "ana")
    desk.clock.move(callbacks.CLAIM_HOLDS.total_seconds() - 1)
    tick(desk)
    assert desk.now(row.id).claimed_by == "ana"
    desk.clock.move(2)
    tick(desk)
    assert desk.now(row.id).claimed_by == ""


def test_who_presses_call_is_offered_it_and_nobody_else(desk: Desk) -> None:
    ten(desk)
    row = desk.promised(kind="missed")
    desk.agent("ana")
    desk.clock.move(1)
    desk.agent("bruno")
    callbacks.call_now(desk, row.id, "bruno")
    assert desk.offer_to("ana") is None
    offer = desk.offer_to("bruno")
    assert offer is not None
    assert offer.kind == "callback"
    with pytest.raises(TakenError):
        callbacks.call_now(desk, row.id, "ana")


def test_missed_calls_are_marked_one_and_all_but_not_what_somebody_has(desk: Desk) -> None:
    rows = [desk.promised(f"CA{n}", number=f"+556799999001{n}", kind="missed").id for n in range(3)]
    for name in ("ana", "bruno"):
        desk.agent(name, there=False)
    callbacks.claim(desk, rows[0], "bruno")
    assert callbacks.handled(desk, rows, "ana") == 2
    assert callbacks.handled(desk, rows, "ana") == 0
    assert [desk.now(row).state for row in rows] == ["waiting", "done", "done"]


def test_tries_in_vain_follow_the_schedule_and_the_last_one_orders_a_message(desk: Desk) -> None:
    ten(desk)
    row = desk.promised()
    desk.agent("ana")
    waits = []
    for turn in range(MOST_TRIES):
        beat(desk, "ana", {})
        tick(desk)
        offer = desk.offer_to("ana")
        assert offer is not None, turn
        offers.seen(desk, offer.id, "ana")
        assert desk.do(offers.leg_answered, offer.id)
        leg = f"CB{turn}"
        citizen_leg.told(desk, offer=offer.id, leg=leg, status="ringing")
        for _ in range(2):
            citizen_leg.told(desk, offer=offer.id, leg=leg, status="no-answer")
        now = desk.now(row.id)
        assert now.tries == turn + 1, "a repeated report is one try"
        if now.state == "waiting":
            assert now.next_at is not None
            waits.append(now.next_at - desk.clock.at)
            desk.clock.at = now.next_at - timedelta(seconds=1)
            beat(desk, "ana", {})
            if desk.presence("ana").state == "offline":
                go_available(desk, "ana")
            tick(desk)
            assert desk.offer_to("ana") is None, "not before its time"
            desk.clock.at = now.next_at
    assert waits[:2] == [timedelta(minutes=15), timedelta(hours=2)]
    assert desk.now(row.id).state == "dropped"
    with desk.store.begin(write=False) as tx:
        assert tx.outbox.get(f"sms.callback:{row.id}") is not None
        kinds = [event.kind for event in tx.ticket_log.events("P-CA1")]
    assert kinds.count("callback.tried") == MOST_TRIES - 1
    assert kinds.count("callback.given_up") == 1


def test_try_at_the_end_of_the_day_waits_for_the_morning() -> None:
    hours = _hours()
    friday = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
    closes = hours.status(friday).closes_at
    assert closes is not None
    late = next_try(1, closes - timedelta(minutes=5), hours)
    assert late is not None
    assert hours.status(late).open
    assert late.astimezone(UTC).date() == datetime(2026, 3, 9).date()
    third = next_try(3, friday, hours)
    assert third is not None
    assert third.astimezone(UTC).date() == datetime(2026, 3, 9).date()
    assert next_try(4, friday, hours) is None


def test_person_on_the_line_is_not_called(desk: Desk) -> None:
    ten(desk)
    row = desk.promised("CA1")
    with desk.store.begin() as tx:
        tx.calls.add(a_call("CA2", started_at=tx.now()))
        tx.tickets.add(a_ticket("CA2"))
    live = desk.do(callbacks.promise, desk.row("CA2", number="+5567999990031"))
    desk.agent("ana")
    with pytest.raises(NotNowError, match="na_linha"):
        callbacks.call_now(desk, live.id, "ana")
    assert callbacks.call_now(desk, row.id, "ana").claimed_by == "ana"
