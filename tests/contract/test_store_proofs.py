"""Contract of the store: proofs, codes, PINs and password resets."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from store_rows import START, a_code, a_link, after, an_attempt

from ivr.ports.store import Store


def test_turn_has_one_try(store: Store) -> None:
    with store.begin() as tx:
        assert tx.proofs.reserve(an_attempt(1))
        assert not tx.proofs.reserve(an_attempt(1, factor="code"))
        assert tx.proofs.reserve(an_attempt(2))
        assert tx.proofs.reserve(an_attempt(1, call_sid="CA2"))


def test_try_whose_end_is_unknown_counts_as_failed(store: Store) -> None:
    with store.begin() as tx:
        for turn in (1, 2, 3):
            tx.proofs.reserve(an_attempt(turn))
        tx.proofs.settle(call_sid="CA1", turn=1, passed=True)
        tx.proofs.settle(call_sid="CA1", turn=2, passed=False)
        tx.proofs.reserve(an_attempt(4, account="other"))
        assert tx.proofs.failures(account="acc", since=START) == 2
        assert tx.proofs.failures_everywhere(since=START) == 3
        assert tx.proofs.failures(account="acc", since=after(1)) == 0
        assert tx.proofs.failures_everywhere(since=after(1)) == 0


def test_try_is_settled_once(store: Store) -> None:
    with store.begin() as tx:
        tx.proofs.reserve(an_attempt(1))
        assert tx.proofs.passed(call_sid="CA1", turn=1) is None
        tx.proofs.settle(call_sid="CA1", turn=1, passed=False)
        tx.proofs.settle(call_sid="CA1", turn=1, passed=True)
        assert tx.proofs.passed(call_sid="CA1", turn=1) is False
        assert tx.proofs.passed(call_sid="CA1", turn=2) is None


def test_tries_of_a_call_are_counted_by_factor(store: Store) -> None:
    with store.begin() as tx:
        tx.proofs.reserve(an_attempt(1))
        tx.proofs.reserve(an_attempt(2))
        tx.proofs.settle(call_sid="CA1", turn=2, passed=True)
        tx.proofs.reserve(an_attempt(3, factor="code"))
        tx.proofs.reserve(an_attempt(1, call_sid="CA2"))
        assert tx.proofs.tries_in_call("CA1", "pin") == 2
        assert tx.proofs.tries_in_call("CA1", "code") == 1
        assert tx.proofs.tries_in_call("CA1", "birth") == 0


def test_limit_holds_for_callers_who_try_at_once(store: Store) -> None:
    """Without the lock some of the twenty would count before the others have written."""
    limit = 5
    ready = threading.Barrier(20)

    def attempt(turn: int) -> bool:
        ready.wait()
        with store.begin() as tx:
            tx.proofs.lock("acc")
            if tx.proofs.failures(account="acc", since=START) >= limit:
                return False
            return tx.proofs.reserve(an_attempt(turn))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempt, range(20))) == limit


def test_newest_code_of_a_call_is_found(store: Store) -> None:
    second = a_code("c2", sent_at=START)
    with store.begin() as tx:
        assert tx.proofs.code("CA1") is None
        tx.proofs.add_code(a_code("c1"))
        tx.proofs.add_code(second)
        tx.proofs.add_code(a_code("c3", sent_at=after(-10)))
        assert tx.proofs.code("CA1") == second
        assert tx.proofs.code_by_id("c1") == a_code("c1")
        assert tx.proofs.code_by_id("c404") is None


def test_code_is_used_once_and_its_salt_erased(store: Store) -> None:
    with store.begin() as tx:
        tx.proofs.add_code(a_code())
        assert tx.proofs.use_code("c1", at=after(5))
        assert not tx.proofs.use_code("c1", at=after(6))
        assert not tx.proofs.use_code("c404", at=after(6))
        assert tx.proofs.code_by_id("c1") == replace(a_code(), salt=b"", used_at=after(5))


def test_code_is_used_by_one_of_twenty_at_once(store: Store) -> None:
    with store.begin() as tx:
        tx.proofs.add_code(a_code())
    ready = threading.Barrier(20)

    def use(_: int) -> bool:
        ready.wait()
        with store.begin() as tx:
            return tx.proofs.use_code("c1", at=START)

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(use, range(20))) == 1


def test_tries_of_a_code_are_counted(store: Store) -> None:
    with store.begin() as tx:
        tx.proofs.add_code(a_code())
        assert [tx.proofs.count_try("c1") for _ in range(3)] == [1, 2, 3]
        with pytest.raises(LookupError):
            tx.proofs.count_try("c404")


def test_sends_are_counted_by_account_and_by_number(store: Store) -> None:
    with store.begin() as tx:
        assert tx.proofs.last_send(account="acc") is None
        tx.proofs.add_code(a_code("c1"))
        tx.proofs.add_code(a_code("c2", destination="tel2", sent_at=after(10)))
        tx.proofs.add_code(a_code("c3", account="acc2", sent_at=after(20)))
        assert tx.proofs.sends(account="acc", since=START) == 2
        assert tx.proofs.sends(destination="tel", since=START) == 2
        assert tx.proofs.sends(account="acc", destination="tel", since=START) == 1
        assert tx.proofs.sends(since=START) == 3
        assert tx.proofs.sends(account="acc", since=after(5)) == 1
        assert tx.proofs.last_send(account="acc") == after(10)


def test_pin_is_replaced(store: Store) -> None:
    with store.begin() as tx:
        assert tx.proofs.pin_hash("acc") is None
        tx.proofs.set_pin("acc", "one")
        tx.proofs.set_pin("acc", "two")
        assert tx.proofs.pin_hash("acc") == "two"


def test_link_is_used_once_and_its_salt_erased(store: Store) -> None:
    with store.begin() as tx:
        tx.resets.add_link(a_link())
        assert tx.resets.link("l1") == a_link()
        assert tx.resets.link("l404") is None
        assert tx.resets.use_link("l1", at=after(5))
        assert not tx.resets.use_link("l1", at=after(6))
        assert tx.resets.link("l1") == replace(a_link(), salt=b"", used_at=after(5))


def test_reset_is_recorded_once_for_each_job(store: Store) -> None:
    with store.begin() as tx:
        for job, at in (("j1", START), ("j1", START), ("j2", after(10)), ("", START), ("", START)):
            tx.resets.record(account="acc", service="email", job=job, at=at)
        assert tx.resets.completed(account="acc", since=START) == 4
        assert tx.resets.completed(account="acc", since=after(5)) == 1
        assert tx.resets.completed(account="other", since=START) == 0


def test_first_salt_of_a_job_stays_until_it_is_over_or_erased(store: Store) -> None:
    with store.begin() as tx:
        tx.resets.add_secret("j1", b"first", expires_at=after(60))
        tx.resets.add_secret("j1", b"second", expires_at=after(999))
        assert tx.resets.secret("j1", now=after(59)) == b"first"
        assert tx.resets.secret("j1", now=after(60)) is None
        tx.resets.erase_secret("j1")
        assert tx.resets.secret("j1", now=START) is None


def test_frozen_account_thaws_at_its_time_and_no_sooner(store: Store) -> None:
    with store.begin() as tx:
        assert not tx.resets.frozen("acc", now=START)
        tx.resets.freeze("acc", until=after(60))
        tx.resets.freeze("acc", until=after(10))
        assert tx.resets.frozen("acc", now=after(59))
        assert not tx.resets.frozen("acc", now=after(60))
        tx.resets.freeze("acc", until=after(90))
        assert tx.resets.frozen("acc", now=after(60))
