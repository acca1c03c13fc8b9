"""What a turn of a call means for the queue: entering it, coming back to it, leaving it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.flow.events import DialEnded, Event, LeftQueue
from ivr.ports.store import CallRow, QueueRow, Transaction
from ivr.service.desk.entries import change_entry, enter_queue
from ivr.service.desk.offers import caller_left
from ivr.service.runtime import Runtime
from ivr.service.session import Session

PRIORITY = "priority"
"""Name of the value of a call in which the flow keeps the declared right."""

PROOF = "wish:proof"
"""Result of a wait whose talk was left to prove again who calls."""


def left_queue(entry: QueueRow | None, event: LeftQueue | DialEnded) -> Event:
    """What the flow is told when the carrier says that the wait, or the talk's room, is over.

    A call that the desk wants to wait on (its talk was handed over, or never came about) is to
    wait again: ``requeue``. ``entry``: the call's newest.
    """
    waits = entry is not None and entry.left_at is None and entry.kind != "callback"
    if isinstance(event, DialEnded):
        if not waits and entry is not None and entry.result == PROOF:
            return LeftQueue(result="bridged", wish="proof", seconds=event.seconds)
        return LeftQueue(result="requeue" if waits else "bridged", seconds=event.seconds)
    if event.result == "bridged" and entry is not None and waits and entry.in_room:
        return replace(event, result="requeue")
    wish = entry.result.removeprefix("wish:") if entry is not None else ""
    told = entry is not None and entry.result.startswith("wish:")
    return replace(event, wish=wish if told else "")


def keep_queue(
    rt: Runtime, tx: Transaction, call: CallRow, session: Session, *, now: datetime
) -> None:
    """Enter the call of a turn that ends in the queue; take out that of one that left it.

    A call that waits already, held in a room that has ended, now waits in the carrier's queue.
    """
    tx.desk.lock()
    entry = tx.queues.entry(call.sid)
    waits = entry is not None and entry.left_at is None
    if session.expects != "queue":
        attended = session.engine.outcome == "attended_by_person"
        result, by = ("bridged", "agent") if attended else ("left", "system")
        caller_left(tx, call.sid, result=result, by=by)
        return
    if waits and entry is not None:
        if entry.in_room:
            change_entry(tx, entry, now=now, target=entry.target, in_room=False)
        return
    declared = session.engine.values.get(PRIORITY, "")
    asked_by = entry.target if entry is not None and entry.result == PROOF else ""
    enter_queue(
        tx,
        QueueRow(
            call_sid=call.sid,
            queue=session.queue,
            entered_at=now,
            priority=rt.queues.weight(declared),
            priority_kind=declared,
            target=asked_by if _at_the_desk(tx, asked_by) else "",
        ),
        now=now,
    )


def _at_the_desk(tx: Transaction, agent: str) -> bool:
    """Whether a caller may wait for this agent alone."""
    presence = tx.desk.presence(agent) if agent else None
    return presence is not None and presence.state != "offline"
