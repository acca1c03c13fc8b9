"""Entries of the queue, each with its line of the ledger and the event of its queue."""

from __future__ import annotations

from datetime import datetime

from ivr.ports.store import QueueRow, Transaction
from ivr.service.desk.ledger import note
from ivr.service.desk.states import SUPERVISION


def tell_queue(tx: Transaction, queue: str) -> None:
    """The event of a queue's length."""
    tx.changes.tell("fila.resumo", queue, audience=[f"queue:{queue}", SUPERVISION])


def enter_queue(tx: Transaction, row: QueueRow, *, now: datetime) -> QueueRow | None:
    """Let a call wait. It keeps the rank of its first entry. None when it waits already.

    The caller of this function holds the desk's lock.
    """
    if not tx.queues.enter(row):
        return None
    entry = tx.queues.entry(row.call_sid)
    assert entry is not None
    note(
        tx,
        "queue.entered",
        at=now,
        call_sid=entry.call_sid,
        queue=entry.queue,
        kind=entry.kind,
        priority=entry.priority,
        priority_kind=entry.priority_kind,
        ranked_at=entry.ranked_at or entry.entered_at,
        number=entry.number,
        target=entry.target,
        in_room=entry.in_room,
    )
    tell_queue(tx, entry.queue)
    return entry


def leave_queue(tx: Transaction, call_sid: str, *, result: str, now: datetime) -> bool:
    """Take a call out. False when it does not wait. The desk's lock is held."""
    entry = tx.queues.entry(call_sid)
    if entry is None or not tx.queues.leave(call_sid, at=now, result=result):
        return False
    note(tx, "queue.left", at=now, call_sid=call_sid, queue=entry.queue, result=result)
    tell_queue(tx, entry.queue)
    return True


def change_entry(
    tx: Transaction, entry: QueueRow, *, now: datetime, target: str, in_room: bool
) -> None:
    """For whom a waiting call is, and where the caller is held."""
    kind = entry.kind
    if tx.queues.change(
        entry.call_sid, target=target, queue=entry.queue, in_room=in_room, kind=kind
    ):
        note(tx, "queue.changed", at=now, call_sid=entry.call_sid, target=target, in_room=in_room)


def enqueue_callback(
    tx: Transaction, *, call_sid: str, queue: str, asked_at: datetime
) -> QueueRow | None:
    """Let an agent be offered to call somebody back, in the place that the caller had.

    ``asked_at``: start of the wait of a caller who never was in the queue. None when the call
    waits already.
    """
    tx.desk.lock()
    now = tx.now()
    before = tx.queues.entry(call_sid)
    return enter_queue(
        tx,
        QueueRow(
            call_sid=call_sid,
            queue=before.queue if before else queue,
            entered_at=now,
            ranked_at=None if before else asked_at,
            priority=before.priority if before else 0,
            priority_kind=before.priority_kind if before else "",
            kind="callback",
        ),
        now=now,
    )
