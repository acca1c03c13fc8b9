"""A floor of agents and callers over a store, for tests of the desk without a telephone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from store_rows import START, HandClock, a_call, a_ticket

from ivr.adapters.db.store import SqlStore
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.ports.desk import OfferRow, PresenceRow
from ivr.ports.staff import StaffRow
from ivr.ports.store import QueueRow
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.presence import go_available
from ivr.service.rules_kept import RulesKept

QUEUE = "atendimento"
CATALOGUE = QueueCatalogue.from_data(
    {
        "version": 1,
        "queues": [
            {
                "name": QUEUE,
                "label": "Atendimento",
                "dispositions": [
                    {"word": "resolvido", "label": "Resolvido"},
                    {"word": "retorno", "label": "Retorno", "callback": True},
                ],
            },
            {
                "name": "segundo_nivel",
                "label": "Segundo nível",
                "notes": True,
                "dispositions": [{"word": "resolvido", "label": "Resolvido"}],
            },
        ],
        "classes": [{"word": "contato", "label": "Contato", "counts": True}],
        "priorities": [{"kind": "idoso", "label": "Idoso", "weight": 10, "law": "Lei 10.048"}],
    }
)


@dataclass
class Floor:
    """Only what the desk's use cases ask of a runtime, over a real store."""

    store: SqlStore
    clock: HandClock
    queues: QueueCatalogue = CATALOGUE
    agent_phone: bool = False
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    standard: None = None
    rules_kept: RulesKept = field(default_factory=RulesKept)

    def stopwatch(self) -> float:
        return 0.0

    def entropy(self, length: int) -> bytes:
        return next(self.numbers).to_bytes(length, "big")

    def agent(self, name: str, *skills: str, there: bool = True, ring_seconds: int = 20) -> str:
        row = StaffRow(
            id=name,
            login=name,
            name=name.title(),
            skills=skills or (QUEUE,),
            ring_seconds=ring_seconds,
            created_at=START,
        )
        with self.store.begin() as tx:
            tx.staff.add(row)
        if there:
            go_available(self, name)
        return name

    def call(self, sid: str, *, queue: str = QUEUE, **changes: Any) -> str:
        """A live call that waits."""
        with self.store.begin() as tx:
            now = tx.now()
            tx.calls.add(a_call(sid, started_at=now))
            tx.tickets.add(a_ticket(sid))
        self.enter(sid, queue=queue, **changes)
        return sid

    def enter(self, sid: str, *, queue: str = QUEUE, **changes: Any) -> QueueRow | None:
        with self.store.begin() as tx:
            tx.desk.lock()
            now = tx.now()
            row = QueueRow(call_sid=sid, queue=queue, entered_at=now, **changes)
            return enter_queue(tx, row, now=now)

    def presence(self, agent: str) -> PresenceRow:
        with self.store.begin(write=False) as tx:
            row = tx.desk.presence(agent)
        assert row is not None
        return row

    def entry(self, sid: str) -> QueueRow:
        with self.store.begin(write=False) as tx:
            row = tx.queues.entry(sid)
        assert row is not None
        return row

    def offer_to(self, agent: str) -> OfferRow | None:
        """The agent's open offer."""
        with self.store.begin(write=False) as tx:
            return next((o for o in tx.desk.open_offers() if o.agent == agent), None)

    def do(self, deed: Any, *given: Any, **named: Any) -> Any:
        """A function that takes a transaction, in one of its own."""
        with self.store.begin() as tx:
            return deed(tx, *given, **named)
