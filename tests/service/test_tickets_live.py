"""The live ticket of a caller: opened, listed, joined, never split."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ticket_rows import begin, identify

from ivr.service.tickets import (
    TicketError,
    add_note,
    assign,
    close,
    join,
    live_ticket_for,
    live_tickets_for,
    reopen,
    ticket_at,
)
from ivr.service.tickets_history import history_of


def protocol_of(desk: Desk, sid: str) -> str:
    return desk.call(sid).protocol


def live(desk: Desk, sid: str) -> str:
    with desk.rt.store.begin(write=False) as tx:
        return live_ticket_for(tx, sid).protocol


def test_caller_without_another_ticket_has_the_calls_own(still: Desk) -> None:
    sid = begin(still, 1)
    assert live(still, sid) == protocol_of(still, sid)


def test_identified_person_gets_their_open_ticket_and_the_page_is_told_how_sure(
    still: Desk,
) -> None:
    first, second, third = begin(still, 1), begin(still, 2), begin(still, 3)
    for sid in (first, second, third):
        identify(still, sid, "ana")
    with still.rt.store.begin(write=False) as tx:
        found = live_tickets_for(tx, third)
    assert found.first.protocol == protocol_of(still, second)
    assert [t.protocol for t in found.others] == [protocol_of(still, first)]
    assert found.own.protocol == protocol_of(still, third)
    assert found.identity == "identified"


def test_closed_ticket_and_ticket_of_somebody_else_are_not_live(still: Desk) -> None:
    old, other, now = begin(still, 1), begin(still, 2), begin(still, 3)
    identify(still, old, "ana")
    identify(still, other, "bento")
    identify(still, now, "ana")
    close(still.rt, protocol_of(still, old), by="agent:a")
    assert live(still, now) == protocol_of(still, now)


def test_two_callers_who_keyed_the_same_unknown_number_do_not_share_a_ticket(still: Desk) -> None:
    first, second = begin(still, 1), begin(still, 2)
    for sid in (first, second):
        identify(still, sid, "nobody")
    assert live(still, second) == protocol_of(still, second)


def test_same_telephone_is_only_a_maybe(still: Desk) -> None:
    first, second = begin(still, 1), begin(still, 2)
    with still.rt.store.begin(write=False) as tx:
        found = live_tickets_for(tx, second)
    assert found.first.protocol == protocol_of(still, second)
    assert [t.protocol for t in found.maybe] == [protocol_of(still, first)]


def test_joined_tickets_are_shown_together_and_the_spoken_protocol_stays_good(
    still: Desk,
) -> None:
    one, two = begin(still, 1), begin(still, 2)
    a, b = protocol_of(still, one), protocol_of(still, two)
    add_note(still.rt, b, "agent:x", "Do segundo")
    join(still.rt, b, a, by="agent:x")
    add_note(still.rt, b, "agent:x", "Depois de unir")
    with still.rt.store.begin(write=False) as tx:
        led = ticket_at(tx, b)
        assert led is not None
        assert led.protocol == a
        assert [e.text for e in tx.ticket_log.events(a) if e.kind == "note"] == ["Depois de unir"]
        assert live_ticket_for(tx, two).protocol == a
    lines = history_of(still.rt, b)
    assert {line.protocol for line in lines} == {a, b}
    assert {"Do segundo", "Depois de unir"} <= {line.text for line in lines}
    assert [line.kind for line in lines].count("call.started") == 2
    assert [(x.kind, x.text, x.at) for x in history_of(still.rt, a)] == [
        (x.kind, x.text, x.at) for x in lines
    ]


def test_joining_again_changes_nothing(still: Desk) -> None:
    a, b = (protocol_of(still, begin(still, n)) for n in (1, 2))
    join(still.rt, b, a)
    before = history_of(still.rt, a)
    assert join(still.rt, b, a).protocol == a
    assert history_of(still.rt, a) == before


def test_tickets_of_two_people_are_never_joined(still: Desk) -> None:
    one, two = begin(still, 1), begin(still, 2)
    identify(still, one, "ana")
    identify(still, two, "bento")
    with pytest.raises(TicketError, match="other_person"):
        join(still.rt, protocol_of(still, two), protocol_of(still, one))


@pytest.mark.parametrize(("into", "reason"), [("P-404", "unknown"), ("", "unknown")])
def test_joining_to_nothing_is_refused(still: Desk, into: str, reason: str) -> None:
    with pytest.raises(TicketError, match=reason):
        join(still.rt, protocol_of(still, begin(still, 1)), into)


def test_joining_to_itself_or_to_a_closed_ticket_is_refused(still: Desk) -> None:
    a, b = (protocol_of(still, begin(still, n)) for n in (1, 2))
    with pytest.raises(TicketError, match="same"):
        join(still.rt, a, a)
    close(still.rt, b, by="agent:x")
    with pytest.raises(TicketError, match="closed"):
        join(still.rt, a, b)


@pytest.mark.on_both_stores
def test_agents_who_join_crosswise_at_once_make_no_ring_and_lose_nothing(still: Desk) -> None:
    protocols = [protocol_of(still, begin(still, n)) for n in range(4)]
    pairs = [(a, b) for a, b in itertools.permutations(protocols, 2)]

    def try_to(pair: tuple[str, str]) -> None:
        with suppress(TicketError):
            join(still.rt, *pair)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(try_to, pairs))
    with still.rt.store.begin(write=False) as tx:
        rows = [tx.tickets.by_protocol(p) for p in protocols]
    roots = {row.protocol for row in rows if row and not row.merged_into}
    assert len(roots) == 1
    assert {row.merged_into for row in rows if row and row.merged_into} == roots


@pytest.mark.on_both_stores
def test_same_join_pressed_by_many_at_once_is_done_once(still: Desk) -> None:
    a, b = (protocol_of(still, begin(still, n)) for n in (1, 2))
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: join(still.rt, b, a).protocol, range(8)))
    assert set(done) == {a}
    with still.rt.store.begin(write=False) as tx:
        assert [e.kind for e in tx.ticket_log.events(a)].count("joined") == 1


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8))
def test_whatever_is_joined_every_protocol_leads_to_one_ticket_of_its_own(
    still: Desk, joins: list[tuple[int, int]]
) -> None:
    base = itertools.count(1 + still.rows("calls"))
    protocols = [protocol_of(still, begin(still, next(base))) for _ in range(5)]
    for one, other in joins:
        try:
            join(still.rt, protocols[one], protocols[other])
        except TicketError as error:
            assert error.reason in ("same", "joined")
    with still.rt.store.begin(write=False) as tx:
        for protocol in protocols:
            led = ticket_at(tx, protocol)
            assert led is not None
            assert not led.merged_into


def test_call_that_ends_does_not_open_a_joined_ticket_again(still: Desk) -> None:
    from ivr.service.ending import end_call

    one, two = begin(still, 1), begin(still, 2)
    a, b = protocol_of(still, one), protocol_of(still, two)
    join(still.rt, b, a)
    with still.rt.store.begin() as tx:
        tx.tickets.change(b, outcome="wants_person")
    assert end_call(still.rt, sid=two)
    with still.rt.store.begin(write=False) as tx:
        row = tx.tickets.by_protocol(b)
    assert row is not None
    assert row.status == "closed"


def test_note_is_cleaned_and_the_same_press_is_written_once(still: Desk) -> None:
    a = protocol_of(still, begin(still, 1))
    first = add_note(still.rt, a, "agent:x", "  linha 1\r\nlinha 2\x00\x1b[31m ")
    assert add_note(still.rt, a, "agent:x", "linha 1\nlinha 2[31m") == first
    assert add_note(still.rt, a, "agent:y", "linha 1\nlinha 2[31m") != first
    for text, reason in (("   \n", "empty"), ("x" * 4001, "too_long")):
        with pytest.raises(TicketError, match=reason):
            add_note(still.rt, a, "agent:x", text)


def test_second_of_two_who_change_the_state_is_told_that_it_is_stale(still: Desk) -> None:
    a = protocol_of(still, begin(still, 1))
    version = still.ticket(f"CA{1:032x}").version
    closed = close(still.rt, a, by="agent:x", version=version)
    assert closed.closed_at == still.clock.at
    with pytest.raises(TicketError, match="stale"):
        assign(still.rt, a, "y", by="agent:y", version=version)
    with pytest.raises(TicketError, match="already"):
        close(still.rt, a, by="agent:y")
    assert reopen(still.rt, a, by="agent:y").closed_at is None
    kinds = [(line.kind, line.actor) for line in history_of(still.rt, a)]
    assert ("status", "agent:x") in kinds
    assert ("status", "agent:y") in kinds
