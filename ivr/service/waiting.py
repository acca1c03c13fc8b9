"""What a caller hears in the queue: place, wait, rights, and the offer to be called back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.flow.verbs import Utterance
from ivr.ports.store import QueueRow
from ivr.service.requests.desk import LOOK_BACK, minutes_to_wait
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
    """One round of waiting. ``position`` and ``seconds`` as the carrier tells them.

    Leaving is by wish (key 1: call me back) or when the flow's longest wait is over. A round of
    a call that is in no queue (any more) changes nothing.
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
        own = tx.queues.position(sid)
        mean = tx.queues.mean_wait(queue, since=now - LOOK_BACK)
    if digits == CALLBACK_KEY:
        _wish(rt, sid, queue, "callback")
        return WaitTurn(leave=True)
    waited = seconds if seconds is not None else 0
    if entry is not None:
        waited = max(waited, int((now - entry.entered_at).total_seconds()))
    if session.max_wait and waited >= session.max_wait:
        return WaitTurn(leave=True)
    place = position or own or 1
    minutes = minutes_to_wait(mean, place)
    return WaitTurn(
        leave=False,
        speech=(
            Utterance(prompt="queue.position", values={"position": str(place)}),
            Utterance(prompt="queue.wait", values={"wait_minutes": str(minutes)}),
            Utterance(prompt="queue.callback"),
            Utterance(prompt="queue.rights"),
        ),
    )


def _wish(rt: Runtime, sid: str, queue: str, wish: Literal["callback"]) -> None:
    with rt.store.begin() as tx:
        now = tx.now()
        if tx.queues.entry(sid) is None:
            tx.queues.enter(QueueRow(call_sid=sid, queue=queue, entered_at=now))
        tx.queues.leave(sid, at=now, result=f"wish:{wish}")
