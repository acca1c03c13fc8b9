"""What a caller hears in the queue: place, wait, rights, and the offer to be called back."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.flow.verbs import Utterance
from ivr.ports.store import QueueRow
from ivr.ports.transcripts import LEFT
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.offers import caller_left
from ivr.service.requests.desk import minutes_to_wait
from ivr.service.runtime import Runtime
from ivr.service.session import Session

CALLBACK_KEY = "1"
EXPLAIN_KEY = "2"
EXPLAIN = "explain"
"""Wish of who tells what is needed while waiting; it needs a way out of the queue's node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitTurn:
    """``leave``: take the caller out; else speak, then listen for a key."""

    leave: bool
    speech: tuple[Utterance, ...] = ()


def wait(
    rt: Runtime, *, sid: str, position: int | None, seconds: int | None, digits: str
) -> WaitTurn:
    """One round of waiting. ``position`` and ``seconds`` as the carrier tells them; our own rank
    is told rather than its position.

    Leaving is by wish (key 1: call me back; key 2: say what is needed meanwhile, where the flow
    has that wish, once a call) or when the flow's longest wait is over, but not
    while an agent's telephone rings for the caller. Whom an agent has answered waits without
    words to be brought together. A round of a call that is in no queue changes nothing.
    """
    with rt.store.begin(write=False) as tx:
        view = tx.calls.view(sid, 0)
        now = tx.now()
        if view is None or view.call.ended_at is not None:
            return WaitTurn(leave=True)
        session = Session.from_dict(view.call.state)
        if session.expects != "queue":
            return WaitTurn(leave=True)
        entry = tx.queues.entry(sid)
        queue = session.queue or (entry.queue if entry else "")
        place = tx.queues.position(sid) or position or 1
        minutes = minutes_to_wait(tx, queue, place)
        ringing = tx.desk.open_offer_of(sid) is not None
        answered = bool(tx.desk.talks_of(sid))
        told = any(row.purpose in LEFT for row in tx.tickets.recordings(view.call.protocol))
    if answered:
        return WaitTurn(leave=False)
    explains = not told and _knows_wish(rt, session, EXPLAIN)
    if digits == CALLBACK_KEY:
        return WaitTurn(leave=_wish(rt, sid, queue, "callback"))
    if digits == EXPLAIN_KEY and explains:
        return WaitTurn(leave=_wish(rt, sid, queue, EXPLAIN))
    waited = seconds if seconds is not None else 0
    if entry is not None:
        waited = max(waited, int((now - entry.entered_at).total_seconds()))
    if session.max_wait and waited >= session.max_wait and not ringing:
        return WaitTurn(leave=True)
    return WaitTurn(
        leave=False,
        speech=(
            Utterance(prompt="queue.position", values={"position": str(place)}),
            Utterance(prompt="queue.wait", values={"wait_minutes": str(minutes)}),
            Utterance(prompt="queue.callback"),
            *((Utterance(prompt="queue.explain"),) if explains else ()),
            Utterance(prompt="queue.rights"),
        ),
    )


def _knows_wish(rt: Runtime, session: Session, wish: str) -> bool:
    """Whether the flow that the call waits in has that wish. It may read the store."""
    at = session.engine.at
    node = rt.flows.book(session.engine.revision, rt.store).node(at.flow, at.node)
    return wish in getattr(node, "wish", {})


def _wish(rt: Runtime, sid: str, queue: str, wish: str) -> bool:
    """Write the wish down and give the call to nobody. False when an agent was quicker."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        if tx.desk.talks_of(sid):
            return False
        if tx.queues.entry(sid) is None:
            enter_queue(tx, QueueRow(call_sid=sid, queue=queue, entered_at=tx.now()), now=tx.now())
        caller_left(tx, sid, result=f"wish:{wish}", by="system")
        return True
