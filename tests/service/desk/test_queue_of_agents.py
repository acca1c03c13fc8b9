"""The desk under any order of events, on both databases: a stateful property test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk_floor import QUEUE, Floor
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from store_rows import HandClock, opened

from ivr.adapters.db.migrate import upgrade
from ivr.ports.desk import OfferRow
from ivr.service.desk import offers, presence, wrap_up
from ivr.service.desk.clockwork import tick
from ivr.service.desk.ledger import check_ledger
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.router import route_now

AGENTS = ("ana", "bia", "caio")
SKILLS = {"ana": (QUEUE,), "bia": (QUEUE, "segundo_nivel"), "caio": ("segundo_nivel",)}
OPEN = ("reserved", "seen", "ringing")


class AnyDesk(RuleBasedStateMachine):
    """Agents and callers do what they like, at any time; the desk must hold."""

    make: Callable[[], Floor]

    @initialize()
    def open_the_desk(self) -> None:
        self.floor = self.make()
        self.waiting_since: dict[str, Any] = {}
        self.gone: set[str] = set()
        self.number = 0
        for agent in AGENTS:
            self.floor.agent(agent, *SKILLS[agent])

    def teardown(self) -> None:
        if hasattr(self, "floor"):
            count, wrong = check_ledger(self.floor)
            assert wrong is None, wrong
            assert count > 0
            self.floor.store.close()

    @rule(queue=st.sampled_from([QUEUE, "segundo_nivel"]), priority=st.sampled_from([0, 0, 10]))
    def somebody_calls(self, queue: str, priority: int) -> None:
        self.number += 1
        sid = self.floor.call(f"CA{self.number}", queue=queue, priority=priority)
        self.waiting_since[sid] = self.floor.entry(sid).ranked_at

    @rule(seconds=st.sampled_from([1, 3, 10, 15, 20, 31, 61]), alive=st.booleans())
    def time_passes(self, seconds: int, alive: bool) -> None:
        self.floor.clock.move(seconds)
        if alive:
            for agent in AGENTS:
                presence.beat(self.floor, agent, {})
        tick(self.floor)

    @rule(agent=st.sampled_from(AGENTS))
    def agent_is_there(self, agent: str) -> None:
        self._allowed(presence.go_available, agent)

    @rule(agent=st.sampled_from(AGENTS))
    def agent_pauses(self, agent: str) -> None:
        self._allowed(presence.pause, agent, "almoco")

    @rule(agent=st.sampled_from(AGENTS))
    def agent_leaves(self, agent: str) -> None:
        presence.go_offline(self.floor, agent)
        route_now(self.floor)

    @rule(agent=st.sampled_from(AGENTS), pick_up=st.booleans())
    def console_shows_the_offer(self, agent: str, pick_up: bool) -> None:
        offer = self.floor.offer_to(agent)
        if offer is None:
            return
        self._allowed(offers.seen, offer.id, agent)
        self.floor.do(offers.leg_rings, offer.id)
        if pick_up:
            before = self.floor.do(lambda tx: tx.desk.offer(offer.id).state in OPEN)
            assert self.floor.do(offers.leg_answered, offer.id) == before

    @rule(agent=st.sampled_from(AGENTS))
    def agent_declines(self, agent: str) -> None:
        offer = self.floor.offer_to(agent)
        if offer is not None:
            self._allowed(offers.decline, offer.id, agent, "audio")
            assert self.floor.entry(offer.call_sid).left_at is None
            route_now(self.floor)

    @rule(agent=st.sampled_from(AGENTS), status=st.sampled_from(["completed", "busy", "failed"]))
    def agents_leg_ends(self, agent: str, status: str) -> None:
        row = self.floor.presence(agent)
        if row.offer:
            self.floor.do(offers.leg_ended, row.offer, status)
            self.floor.do(offers.leg_ended, row.offer, status)

    @rule(agent=st.sampled_from(AGENTS))
    def agent_concludes(self, agent: str) -> None:
        row = self.floor.presence(agent)
        if row.state == "wrap_up":
            wrap_up.conclude(
                self.floor,
                row.offer,
                agent,
                disposition="resolvido",
                contact_class="contato",
                notes="feito",
            )
            route_now(self.floor)

    @precondition(lambda self: self.number > 0)
    @rule(data=st.data())
    def caller_hangs_up(self, data: st.DataObject) -> None:
        sid = f"CA{data.draw(st.integers(1, self.number))}"
        self.gone.add(sid)
        self.floor.do(offers.caller_left, sid)
        with self.floor.store.begin(write=False) as tx:
            assert tx.desk.open_offer_of(sid) is None
            assert tx.desk.talks_of(sid) == []
            assert tx.queues.position(sid) == 0

    @precondition(lambda self: self.number > 0)
    @rule(data=st.data())
    def connection_fails(self, data: st.DataObject) -> None:
        agent = data.draw(st.sampled_from(AGENTS))
        row = self.floor.presence(agent)
        if row.state == "in_call":
            assert self.floor.do(offers.not_connected, row.offer)

    @rule(agent=st.sampled_from(AGENTS), to=st.sampled_from(["", *AGENTS]), cold=st.booleans())
    def agent_transfers(self, agent: str, to: str, cold: bool) -> None:
        row = self.floor.presence(agent)
        if row.state != "in_call":
            return

        def deed(tx: Any) -> None:
            offer = tx.desk.offer(row.offer)
            if offer.kind == "consult":
                return
            kind = "transfer" if cold else "consult"
            queue = "" if to else QUEUE
            offers.request_transfer(tx, offer.call_sid, queue=queue, agent=to, kind=kind)
            if cold:
                offers.hand_over(tx, row.offer)

        self._allowed_in(deed)
        route_now(self.floor)

    @rule()
    def routers_run(self) -> None:
        route_now(self.floor)
        assert route_now(self.floor) == 0

    @invariant()
    def nobody_has_two_calls_and_no_call_two_agents(self) -> None:
        if not hasattr(self, "floor"):
            return
        with self.floor.store.begin(write=False) as tx:
            undecided: list[OfferRow] = tx.desk.open_offers()
            calls = [o.call_sid for o in undecided]
            agents = [o.agent for o in undecided]
            for agent in AGENTS:
                row = tx.desk.presence(agent)
                talk = tx.desk.unwrapped_of(agent)
                assert row is not None
                assert (talk is not None) == (row.state in ("in_call", "wrap_up")), row
                assert (agent in agents) == (row.state in ("reserved", "ringing")), row
            for number in range(1, self.number + 1):
                sid = f"CA{number}"
                entry = tx.queues.entry(sid)
                assert entry is not None
                assert entry.ranked_at == self.waiting_since[sid], "the call has lost its place"
                talking = [t for t in tx.desk.talks_of(sid) if tx.desk.offer(t.offer)]
                asked = [t for t in talking if tx.desk.offer(t.offer).kind == "consult"]  # type: ignore[union-attr]
                assert len(talking) - len(asked) <= 1
                if sid in calls:
                    assert entry.left_at is None, "somebody who does not wait is offered"
        assert len(set(calls)) == len(calls)
        assert len(set(agents)) == len(agents)

    def _allowed(self, deed: Callable[..., Any], *given: Any) -> None:
        try:
            deed(self.floor, *given)
        except NotNowError as refusal:
            assert refusal.reason != "mudou"

    def _allowed_in(self, deed: Callable[[Any], None]) -> None:
        try:
            self.floor.do(deed)
        except NotNowError as refusal:
            assert refusal.reason != "mudou"


def run_machine(make: Callable[[], Floor], *, examples: int, steps: int) -> None:
    machine = type("ThisDesk", (AnyDesk,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_desk_holds_in_any_order_of_events_on_sqlite(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    upgrade(f"sqlite:///{template}")

    def make() -> Floor:
        file = Path(tempfile.mkdtemp(dir=tmp_path)) / "desk.db"
        shutil.copy(template, file)
        clock = HandClock()
        return Floor(store=opened(f"sqlite:///{file}", clock=clock), clock=clock)

    run_machine(make, examples=40, steps=40)


def test_desk_holds_in_any_order_of_events_on_postgresql(postgres_server: Any) -> None:
    import psycopg

    template = postgres_server.new_database()
    upgrade(template)
    name = template.split("/")[3].split("?")[0]

    def make() -> Floor:
        with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
            copy = f"copy_{make.number}"  # type: ignore[attr-defined]
            make.number += 1  # type: ignore[attr-defined]
            connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
        clock = HandClock()
        return Floor(store=opened(postgres_server.url(copy), clock=clock), clock=clock)

    make.number = 1  # type: ignore[attr-defined]
    run_machine(make, examples=12, steps=30)


@pytest.mark.parametrize("broken", ["second_offer", "overtaking", "lost_rank"])
def test_ledger_check_finds_a_forged_line(tmp_path: Path, broken: str) -> None:
    upgrade(f"sqlite:///{tmp_path}/desk.db")
    clock = HandClock()
    floor = Floor(store=opened(f"sqlite:///{tmp_path}/desk.db", clock=clock), clock=clock)
    floor.agent("ana")
    floor.call("CA1")
    clock.move(1)
    floor.call("CA2")
    if broken == "second_offer":
        assert route_now(floor) == 1
        forged = {"call": "CA2", "why": "reserved"}
    else:
        forged = {
            "call": "CA2",
            "why": "was before" if broken == "overtaking" else "lost its place",
        }
    with floor.store.begin() as tx:
        entry = tx.queues.entry("CA2")
        row = tx.desk.presence("ana")
        assert entry is not None and row is not None
        from ivr.service.desk.ledger import note

        if broken == "lost_rank":
            note(tx, "queue.left", at=tx.now(), call_sid="CA1", queue=QUEUE, result="x")
            note(tx, "queue.entered", at=tx.now(), call_sid="CA1", queue=QUEUE, target="",
                 priority=0, number=9, ranked_at=clock.move(50))  # fmt: skip
        else:
            note(tx, "offer.made", at=tx.now(), call_sid="CA2", agent="ana", offer="OFx",
                 queue=QUEUE, target="", priority=0, number=entry.number,
                 ranked_at=entry.ranked_at, idle_since=row.idle_since)  # fmt: skip
    _, wrong = check_ledger(floor)
    assert wrong is not None
    assert forged["why"] in wrong.why
