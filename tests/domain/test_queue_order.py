from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.queue_order import AT_ONCE, USUAL_WAIT, rank, wait_to_expect
from ivr.domain.routing import Free, Waiting, choose, may_take

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_priority_comes_first_then_the_start_of_the_wait_then_the_number() -> None:
    by_law = rank(priority=10, since=START + timedelta(hours=1), number=9)
    first = rank(priority=0, since=START, number=5)
    same_time = rank(priority=0, since=START, number=6)
    assert sorted([same_time, first, by_law]) == [by_law, first, same_time]


def test_wait_is_told_from_who_works_and_how_long_talks_take() -> None:
    told = wait_to_expect(3, working=2, free=0, handling=300, mean_wait=10)
    assert told == 450


def test_free_agent_is_told_as_at_once() -> None:
    assert wait_to_expect(1, working=1, free=1, handling=900, mean_wait=900) == AT_ONCE


def test_without_agents_the_recent_waits_are_told() -> None:
    assert wait_to_expect(2, working=0, free=0, handling=300, mean_wait=120) == 120
    assert wait_to_expect(2, working=0, free=0, handling=None, mean_wait=None) == USUAL_WAIT


@given(
    st.integers(1, 200),
    st.integers(0, 20),
    st.floats(1, 3600),
    st.floats(0, 3600),
    st.data(),
)
def test_wait_grows_with_the_place_and_shrinks_with_agents(
    place: int, working: int, handling: float, mean: float, data: st.DataObject
) -> None:
    free = data.draw(st.integers(0, working))
    here = wait_to_expect(place, working=working, free=free, handling=handling, mean_wait=mean)
    behind = wait_to_expect(
        place + 1, working=working, free=free, handling=handling, mean_wait=mean
    )
    assert 0 <= here <= max(behind, AT_ONCE)
    if working:
        more = wait_to_expect(
            place, working=working + 1, free=free, handling=handling, mean_wait=mean
        )
        assert more <= here


NAMES = st.sampled_from(["ana", "bia", "caio", "davi"])
QUEUES = st.sampled_from(["a", "b"])
WAITING = st.lists(
    st.builds(
        lambda n, queue, priority, since, target: Waiting(
            call=f"CA{n}",
            queue=queue,
            rank=rank(priority=priority, since=START + timedelta(seconds=since), number=n),
            target=target,
        ),
        st.integers(1, 99),
        QUEUES,
        st.sampled_from([0, 10]),
        st.integers(0, 5),
        st.sampled_from(["", "", "ana"]),
    ),
    max_size=6,
    unique_by=lambda w: w.call,
)
FREE = st.lists(
    st.builds(
        lambda name, skills, idle: Free(
            agent=name, skills=tuple(skills), idle_since=START - timedelta(seconds=idle)
        ),
        NAMES,
        st.lists(QUEUES, max_size=2),
        st.integers(0, 5),
    ),
    max_size=4,
    unique_by=lambda a: a.agent,
)


@given(WAITING, FREE, st.sets(st.tuples(st.sampled_from(["CA1", "CA2"]), NAMES)))
def test_nobody_of_better_rank_is_overtaken_and_the_longest_idle_is_chosen(
    waiting: list[Waiting], free: list[Free], refused: set[tuple[str, str]]
) -> None:
    match = choose(waiting, free, refused)
    pairs = [(w, a) for w in waiting for a in free if may_take(a.agent, a.skills, w, refused)]
    if match is None:
        assert pairs == []
        return
    call = next(w for w in waiting if w.call == match.call)
    agent = next(a for a in free if a.agent == match.agent)
    assert (call, agent) in pairs
    assert call.rank == min(w.rank for w, _ in pairs)
    fit = [a for w, a in pairs if w is call]
    assert agent.idle_since == min(a.idle_since for a in fit)
    assert match.candidates == len(fit)
    assert match.ahead == sum(w.rank < call.rank for w in waiting)
    assert (match.runner_up == "") == (len(fit) == 1)
