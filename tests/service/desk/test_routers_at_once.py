"""Several routers, consoles and callers at once on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_floor import Floor
from store_rows import opened

from ivr.adapters.clock import SystemClock
from ivr.adapters.db.migrate import upgrade
from ivr.service.desk import offers
from ivr.service.desk.clockwork import tick
from ivr.service.desk.ledger import check_ledger, lines
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.router import route_now
from ivr.service.desk.wrap_up import conclude


@pytest.fixture
def floor(postgres_url: str) -> Iterator[Floor]:
    upgrade(postgres_url)
    store = opened(postgres_url, clock=SystemClock(), pool_size=12)
    yield Floor(store=store, clock=SystemClock())  # type: ignore[arg-type]
    store.close()


def test_routers_at_once_give_each_call_to_one_agent(floor: Floor) -> None:
    agents = [floor.agent(f"agent{n:02}") for n in range(20)]
    calls = [floor.call(f"CA{n:02}") for n in range(30)]
    start = threading.Barrier(6)

    def route() -> int:
        start.wait()
        return route_now(floor)

    with ThreadPoolExecutor(6) as pool:
        made = sum(pool.map(lambda _: route(), range(6)))
    with floor.store.begin(write=False) as tx:
        undecided = tx.desk.open_offers()
    assert made == len(undecided) == 20
    assert {o.agent for o in undecided} == set(agents)
    assert sorted(o.call_sid for o in undecided) == calls[:20], "the first twenty, none overtaken"
    assert check_ledger(floor)[1] is None


def test_desk_under_load_loses_nobody_and_its_ledger_holds(floor: Floor) -> None:
    agents = [floor.agent(f"agent{n:02}") for n in range(8)]
    calls = [f"CA{n:03}" for n in range(40)]
    answered: list[str] = []
    over = threading.Event()
    ends = time.monotonic() + 20

    def work(agent: str, turn: int) -> None:
        offer = floor.offer_to(agent)
        if offer is None:
            return
        if turn % 7 == 3:
            offers.decline(floor, offer.id, agent, "audio")
            return
        offers.seen(floor, offer.id, agent)
        floor.do(offers.leg_rings, offer.id)
        if floor.do(offers.leg_answered, offer.id):
            answered.append(offer.call_sid)
            floor.do(offers.leg_ended, offer.id, "completed")
            conclude(
                floor,
                offer.id,
                agent,
                disposition="resolvido",
                contact_class="contato",
                notes="",
            )

    def agent_works(agent: str) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            try:
                work(agent, turn)
            except NotNowError as refusal:
                assert refusal.reason in ("acabou", "de_outro"), refusal.reason
            time.sleep(0.005)

    def repeated(deed: Callable[[], object]) -> None:
        while not over.is_set():
            deed()
            time.sleep(0.01)

    def callers() -> None:
        for number, sid in enumerate(calls):
            floor.call(sid, priority=10 if number % 5 == 0 else 0)
            if number % 6 == 5:
                floor.do(offers.caller_left, sid)

    def all_gone() -> bool:
        with floor.store.begin(write=False) as tx:
            return not tx.queues.sizes() and not tx.desk.open_offers()

    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(agent_works, agent) for agent in agents]
        jobs += [pool.submit(repeated, lambda: tick(floor)) for _ in range(3)]
        pool.submit(callers).result()
        while not all_gone() and time.monotonic() < ends:
            time.sleep(0.05)
        over.set()
        for job in jobs:
            job.result()
    left = {calls[n] for n in range(len(calls)) if n % 6 == 5}
    assert max(Counter(answered).values()) == 1, "a call was given to two agents"
    assert set(answered) | left == set(calls)
    count, wrong = check_ledger(floor)
    assert wrong is None, wrong
    kinds = Counter(line.kind for line in lines(floor))
    assert kinds["offer.made"] >= len(answered) > 0
    assert count == sum(kinds.values())
