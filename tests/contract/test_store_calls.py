"""Contract of the store: calls, turns and their journal."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from store_rows import CALLER, START, a_call, a_ticket, after, an_entry, begin_call

from ivr.ports.store import Store

FRESH = timedelta(seconds=10)
REPLY = '<?xml version="1.0"?><Response><Say>Olá, ção</Say></Response>'.encode()


class LostRaceError(Exception):
    """Rolls a transaction back."""


def take_turn(store: Store, sid: str, turn: int, *, reply: bytes = REPLY, kind: str = "x") -> bool:
    """What a webhook does: everything or nothing."""
    with store.begin(write=False) as tx:
        view = tx.calls.view(sid, turn)
    assert view is not None
    try:
        with store.begin() as tx:
            changed = a_call(sid, state={"turn": turn}, caller=view.call.caller)
            if not tx.calls.advance(call=changed, turn=turn, reply=reply, now=START):
                raise LostRaceError
            tx.journal.add(sid, [an_entry(0, turn=turn, kind=kind)])
            tx.tickets.change(f"P-{sid}", node=kind)
    except LostRaceError:
        return False
    return True


def test_call_is_read_back_as_it_was_written(store: Store) -> None:
    call = begin_call(store, person="hash of a person")
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert view.call == call
    assert view.call.caller == CALLER
    assert (view.reply, view.claimed_at) == (None, None)


def test_caller_who_withholds_the_number_has_none(store: Store) -> None:
    begin_call(store, caller=None)
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert view.call.caller is None


def test_call_that_nobody_began_is_not_there(store: Store) -> None:
    with store.begin(write=False) as tx:
        assert tx.calls.view("CA404", 0) is None


def test_call_is_added_once(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.calls.add(a_call(state={"other": 1})) is False
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert view.call == a_call()


def test_turn_moves_the_call_and_keeps_its_reply_byte_for_byte(store: Store) -> None:
    begin_call(store)
    assert take_turn(store, "CA1", 0, reply=REPLY)
    with store.begin(write=False) as tx:
        again, following = tx.calls.view("CA1", 0), tx.calls.view("CA1", 1)
    assert again is not None and following is not None
    assert again.reply == REPLY
    assert again.call.turn == 1
    assert again.call.state == {"turn": 0}
    assert again.call.caller == CALLER
    assert following.reply is None


def test_turn_is_taken_once_and_a_repeat_changes_nothing(store: Store) -> None:
    begin_call(store)
    assert take_turn(store, "CA1", 0, reply=b"first", kind="first")
    assert not take_turn(store, "CA1", 0, reply=b"second", kind="second")
    with store.begin(write=False) as tx:
        view, ticket = tx.calls.view("CA1", 0), tx.tickets.by_protocol("P-CA1")
        kinds = [entry.kind for entry in tx.journal.of("CA1")]
    assert view is not None and ticket is not None
    assert (view.reply, ticket.node, kinds) == (b"first", "first", ["first"])


def test_turn_that_is_not_next_is_refused(store: Store) -> None:
    begin_call(store)
    assert not take_turn(store, "CA1", 1)
    with store.begin() as tx:
        assert not tx.calls.claim("CA1", 1, now=START, stale_before=START - FRESH)


def test_turn_of_an_unknown_call_is_refused(store: Store) -> None:
    with store.begin() as tx:
        assert not tx.calls.claim("CA404", 0, now=START, stale_before=START)
        assert not tx.calls.advance(call=a_call("CA404"), turn=0, reply=b"", now=START)


def test_fifty_requests_of_one_turn_have_one_effect(store: Store) -> None:
    begin_call(store)
    ready = threading.Barrier(50)

    def request(number: int) -> bool:
        ready.wait()
        return take_turn(store, "CA1", 0, reply=b"%d" % number, kind=str(number))

    with ThreadPoolExecutor(50) as pool:
        won = [number for number, done in enumerate(pool.map(request, range(50))) if done]
    with store.begin(write=False) as tx:
        view, ticket = tx.calls.view("CA1", 0), tx.tickets.by_protocol("P-CA1")
        kinds = [entry.kind for entry in tx.journal.of("CA1")]
    assert view is not None and ticket is not None
    assert len(won) == 1
    assert view.call.turn == 1
    assert (view.reply, ticket.node, kinds) == (b"%d" % won[0], str(won[0]), [str(won[0])])


def test_fifty_claims_of_one_turn_have_one_winner(store: Store) -> None:
    begin_call(store)
    ready = threading.Barrier(50)

    def claim(_: int) -> bool:
        ready.wait()
        with store.begin() as tx:
            return tx.calls.claim("CA1", 0, now=START, stale_before=START - FRESH)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(claim, range(50))) == 1


def test_claimed_turn_is_refused_to_others_and_told_by_the_view(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.calls.claim("CA1", 0, now=START, stale_before=START - FRESH)
    with store.begin() as tx:
        assert not tx.calls.claim("CA1", 0, now=after(5), stale_before=after(5) - FRESH)
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert (view.claimed_at, view.reply) == (START, None)


def test_claim_of_a_worker_that_died_is_taken_over_once(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.calls.claim("CA1", 0, now=START, stale_before=START - FRESH)
    late = after(30)
    with store.begin() as tx:
        assert tx.calls.claim("CA1", 0, now=late, stale_before=late - FRESH)
    with store.begin() as tx:
        assert not tx.calls.claim("CA1", 0, now=late, stale_before=late - FRESH)
    assert take_turn(store, "CA1", 0)
    with store.begin() as tx:
        view = tx.calls.view("CA1", 0)
        assert not tx.calls.claim("CA1", 0, now=after(999), stale_before=after(998))
    assert view is not None
    assert (view.reply, view.claimed_at) == (REPLY, late)


def test_worker_that_comes_back_after_a_take_over_cannot_answer_twice(store: Store) -> None:
    begin_call(store)
    for seconds in (0, 30):
        with store.begin() as tx:
            now = after(seconds)
            assert tx.calls.claim("CA1", 0, now=now, stale_before=now - FRESH)
    assert take_turn(store, "CA1", 0, reply=b"of the second")
    assert not take_turn(store, "CA1", 0, reply=b"of the first")


def test_claim_that_is_rolled_back_is_free_again(store: Store) -> None:
    begin_call(store)
    with pytest.raises(LostRaceError), store.begin() as tx:
        assert tx.calls.claim("CA1", 0, now=START, stale_before=START - FRESH)
        raise LostRaceError
    with store.begin() as tx:
        assert tx.calls.claim("CA1", 0, now=START, stale_before=START - FRESH)


def test_end_erases_replies_state_and_caller_once(store: Store) -> None:
    begin_call(store)
    assert take_turn(store, "CA1", 0)
    with store.begin() as tx:
        assert tx.calls.end("CA1", at=after(60), by="caller", outcome="solved")
        assert not tx.calls.end("CA1", at=after(99), by="sweep", outcome="other")
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert (view.reply, view.call.caller, dict(view.call.state)) == (None, None, {})
    assert (view.call.ended_at, view.call.ended_by) == (after(60), "caller")
    assert (view.call.outcome, view.call.protocol) == ("solved", "P-CA1")


def test_call_that_ended_takes_no_turn(store: Store) -> None:
    begin_call(store)
    with store.begin() as tx:
        assert tx.calls.end("CA1", at=after(1), by="caller", outcome="abandoned")
    assert not take_turn(store, "CA1", 0)
    with store.begin() as tx:
        assert not tx.calls.claim("CA1", 0, now=after(2), stale_before=START)


def test_live_calls_come_oldest_first_and_only_those_from_before(store: Store) -> None:
    for number, seconds in enumerate((30, 10, 20, 40)):
        begin_call(store, f"CA{number}", started_at=after(seconds))
    with store.begin() as tx:
        assert tx.calls.end("CA2", at=after(50), by="caller", outcome="x")
        assert tx.calls.live(started_before=after(40)) == ["CA1", "CA0"]
        assert tx.calls.live(started_before=after(99), limit=2) == ["CA1", "CA0"]


def test_journal_is_read_in_the_order_of_turns(store: Store) -> None:
    begin_call(store)
    late = [an_entry(0, turn=1), an_entry(1, turn=1, data={"key": "1", "slow": True, "n": 3})]
    early = [an_entry(0), an_entry(1, node="")]
    with store.begin() as tx:
        tx.journal.add("CA1", late)
        tx.journal.add("CA1", early)
        tx.journal.add("CA1", [])
        tx.journal.add("CA2", [an_entry(7)])
        assert tx.journal.of("CA1") == [*early, *late]


def test_what_is_rolled_back_leaves_nothing(store: Store) -> None:
    with pytest.raises(LostRaceError), store.begin() as tx:
        tx.tickets.next_sequence(2026)
        tx.calls.add(a_call())
        tx.tickets.add(a_ticket())
        tx.journal.add("CA1", [an_entry()])
        raise LostRaceError
    with store.begin() as tx:
        assert tx.calls.view("CA1", 0) is None
        assert tx.tickets.by_protocol("P-CA1") is None
        assert tx.journal.of("CA1") == []
        assert tx.tickets.next_sequence(2026) == 1


def test_transaction_that_only_reads_cannot_write(store: Store) -> None:
    begin_call(store)
    with pytest.raises(RuntimeError), store.begin(write=False) as tx:
        tx.calls.end("CA1", at=START, by="x", outcome="x")
    with pytest.raises(RuntimeError), store.begin(write=False) as tx:
        tx.tickets.next_sequence(2026)
    with store.begin(write=False) as tx:
        view = tx.calls.view("CA1", 0)
    assert view is not None
    assert view.call.ended_at is None


def test_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="zone"), store.begin() as tx:
        tx.calls.add(a_call(started_at=START.replace(tzinfo=None)))
