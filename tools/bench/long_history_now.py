"""The desk of a long history as it is now: agents at work, callers in the IVR and in the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ivr.adapters.db.store import SqlStore
from ivr.ports.desk import PresenceRow
from ivr.ports.queues import QueueRow
from ivr.ports.store import CallRow, JournalEntry, TicketRow, Transaction

IN_THE_IVR, WAITING = 40, 15


def somebody_is_there(store: SqlStore, now: datetime) -> None:
    """Agents who are at work, calls that go on, and some of them waiting."""
    with store.begin() as tx:
        for one in tx.staff.everyone():
            if not one.active:
                tx.staff.save(replace(one, active=True))
            tx.desk.put_presence(
                PresenceRow(agent=one.id, state="available", since=now, idle_since=now)
            )
        for number in range(IN_THE_IVR + WAITING):
            _live(tx, number, now - timedelta(seconds=7 * number + 20))


def _live(tx: Transaction, number: int, start: datetime) -> None:
    sid, protocol = f"CAlive{number:028d}", f"L{number:011d}"
    row = CallRow(
        sid=sid, protocol=protocol, turn=2, state={}, caller="+5567999990001", started_at=start,
        outcome="abandoned", revision="historico",
    )  # fmt: skip
    if not tx.calls.add(row):
        return
    tx.tickets.add(
        TicketRow(
            protocol=protocol, call_sid=sid, opened_at=start,
            due_business=start.date() + timedelta(days=5),
            due_calendar=start.date() + timedelta(days=7),
        )
    )  # fmt: skip
    lines = [
        JournalEntry(turn=0, seq=seq, at=start, kind="node.entered", flow="main", node=node)
        for seq, node in enumerate(("greeting", "menu"))
    ]
    tx.journal.add(sid, lines)
    if number < WAITING:
        entered = start + timedelta(seconds=15)
        tx.queues.enter(QueueRow(call_sid=sid, queue="atendimento", entered_at=entered))
