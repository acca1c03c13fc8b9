"""What a caller hears in the queue: place, wait, rights, and the offer to be called back."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.flow.verbs import Utterance
from ivr.ports.store import QueueRow
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.offers import caller_left
from ivr.service.requests.desk import minutes_to_wait
from ivr.service.runtime import Runtime
from ivr.service.session import Session

CALLBACK_KEY = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitTurn:
    """``leave``: take the caller out; else speak, then listen for ``CALLBACK_KEY``."""

    leave: bool
    speech: tuple[Utterance, ...] = ()


def wait(
    rt: Runtime, *, sid: str, position: int | None, seconds: int | None, digits: str
) -> WaitTurn:
    """One round of waiting. ``position`` and ``seconds`` as the carrier tells them; our own rank
    is told rather than its position.

    Leaving is by wish (key 1: call me back) or when the flow's longest wait is over, but not
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
    if answered:
        return WaitTurn(leave=False)
    if digits == CALLBACK_KEY:
        return WaitTurn(leave=_wish_callback(rt, sid, queue))
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
            Utterance(prompt="queue.rights"),
        ),
    )


def _wish_callback(rt: Runtime, sid: str, queue: str) -> bool:
    """Write the wish down and give the call to nobody. False when an agent was quicker."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        if tx.desk.talks_of(sid):
            return False
        if tx.queues.entry(sid) is None:
            enter_queue(tx, QueueRow(call_sid=sid, queue=queue, entered_at=tx.now()), now=tx.now())
        caller_left(tx, sid, result="wish:callback", by="system")
        return True
