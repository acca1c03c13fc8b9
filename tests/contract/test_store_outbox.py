"""Contract of the store: effects that wait for a worker."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_rows import START, HandClock, a_job, after

from ivr.ports.store import Job, Store


def claim(store: Store, seconds: float, *, lease: float = 60) -> Job | None:
    with store.begin() as tx:
        return tx.outbox.claim(now=after(seconds), lease_until=after(seconds + lease))


def add(store: Store, *jobs: Job) -> None:
    with store.begin() as tx:
        for job in jobs:
            assert tx.outbox.add(job)


def test_job_is_added_once_by_its_key(store: Store) -> None:
    add(store, a_job())
    with store.begin() as tx:
        assert not tx.outbox.add(a_job(kind="other"))
        job = tx.outbox.get("job-1")
        assert tx.outbox.get("job-2") is None
    assert job == a_job(run_at=START, created_at=START)


def test_jobs_of_the_desk_have_a_lane_of_their_own(store: Store) -> None:
    add(store, a_job("call"), a_job("ring", kind="desk.ring"), a_job("deskless", kind="desk"))
    with store.begin() as tx:
        first = tx.outbox.claim(now=after(1), lease_until=after(9), lane="desk")
        assert first is not None and first.key == "ring"
        assert tx.outbox.claim(now=after(1), lease_until=after(9), lane="desk") is None
    assert {job.key for job in (claim(store, 1), claim(store, 1)) if job} == {"call", "deskless"}
    assert claim(store, 1) is None


def test_job_of_a_turn_that_is_rolled_back_is_not_there(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        tx.outbox.add(a_job())
        raise ZeroDivisionError
    assert claim(store, 0) is None


def test_claimed_job_runs_and_its_try_is_counted(store: Store) -> None:
    add(store, a_job())
    job = claim(store, 0)
    assert job is not None
    assert (job.key, job.state, job.attempts, job.payload) == (
        "job-1",
        "running",
        1,
        {"code": "c1"},
    )
    assert claim(store, 1) is None


def test_jobs_come_in_the_order_of_their_time(store: Store) -> None:
    add(
        store,
        a_job("late", run_at=after(30)),
        a_job("first", run_at=after(10)),
        a_job("second", run_at=after(20)),
    )
    claimed = [claim(store, 25), claim(store, 25), claim(store, 25)]
    assert [job and job.key for job in claimed] == ["first", "second", None]


def test_job_whose_lease_ended_is_taken_over(store: Store) -> None:
    add(store, a_job())
    assert claim(store, 0, lease=60) is not None
    assert claim(store, 59) is None
    again = claim(store, 60)
    assert again is not None
    assert again.attempts == 2


def test_job_is_put_back_until_its_time(store: Store) -> None:
    add(store, a_job())
    claim(store, 0)
    with store.begin() as tx:
        tx.outbox.settle("job-1", state="queued", outcome={"error": "timeout"}, run_at=after(90))
    assert claim(store, 61) is None
    again = claim(store, 90)
    assert again is not None
    assert (again.attempts, again.outcome) == (2, {"error": "timeout"})


@pytest.mark.parametrize("state", ["done", "failed"])
def test_settled_job_is_never_claimed_nor_settled_again(store: Store, state: str) -> None:
    add(store, a_job())
    claim(store, 0)
    with store.begin() as tx:
        tx.outbox.settle("job-1", state=state, outcome={"id": "SM1"})  # type: ignore[arg-type]
        tx.outbox.settle("job-1", state="queued", outcome={"id": "late"})
        job = tx.outbox.get("job-1")
    assert claim(store, 9999) is None
    assert job is not None
    assert (job.state, job.outcome) == (state, {"id": "SM1"})


def test_jobs_are_counted_by_state(store: Store) -> None:
    add(store, a_job("a"), a_job("b"), a_job("c"))
    claim(store, 0)
    with store.begin() as tx:
        tx.outbox.settle("b", state="failed", outcome={})
        assert tx.outbox.counts() == {"queued": 1, "running": 1, "done": 0, "failed": 1}


def test_every_job_goes_to_one_worker(store: Store) -> None:
    add(store, *[a_job(f"job-{number}") for number in range(40)])
    ready = threading.Barrier(8)

    def work(_: int) -> list[str]:
        ready.wait()
        done: list[str] = []
        while (job := claim(store, 0)) is not None:
            done.append(job.key)
            with store.begin() as tx:
                tx.outbox.settle(job.key, state="done", outcome={})
        return done

    with ThreadPoolExecutor(8) as pool:
        done = [key for keys in pool.map(work, range(8)) for key in keys]
    assert sorted(done) == sorted(f"job-{number}" for number in range(40))


def test_time_of_a_job_is_the_clock_of_the_store(store: Store, clock: HandClock) -> None:
    clock.move(77)
    add(store, a_job())
    with store.begin(write=False) as tx:
        job = tx.outbox.get("job-1")
        assert tx.now() == after(77)
    assert job is not None
    assert (job.run_at, job.created_at) == (after(77), after(77))
