"""What the end of a call leaves to do for the desk: a call that was missed, one that was dropped.

A call is *missed* when the caller waited in the queue for :data:`MISSED_AFTER` or longer, and was
served neither by a person nor by the system, nor promised a call. It is *dropped*
when it ended by a fault that was not the caller's: the carrier tells ``failed`` of a call that was
under way, or the last talk ended because the agent's leg failed or the agent's console was
already silent, and nobody took the caller over. A caller who hangs up is neither.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.outcome import CallOutcome
from ivr.ports.queues import CallbackKind, CallbackRow
from ivr.ports.store import CallRow, QueueRow, Transaction
from ivr.service.desk.callbacks import NUMBER_KEPT, finish, promise
from ivr.service.desk.presence import SILENT_AFTER

MISSED_AFTER = timedelta(seconds=5)
FAILED = "failed"
UNSERVED = (CallOutcome.ABANDONED, CallOutcome.WANTS_PERSON, CallOutcome.FAULT)


def waited(entry: QueueRow | None, now: datetime) -> timedelta | None:
    """How long the last wait of a call was, None when it did not wait or was answered."""
    if entry is None or entry.kind != "call" or entry.result in ("answered", "bridged"):
        return None
    return (entry.left_at or now) - entry.entered_at


def left_unserved(
    tx: Transaction,
    call: CallRow,
    *,
    wait: timedelta | None,
    finished: bool,
    failed: bool,
    outcome: CallOutcome,
) -> None:
    """Write down what is to be done. ``wait``: the last one in the queue; ``finished``: the flow
    came to its end; ``failed``: the carrier says so."""
    if not call.caller:
        return
    now = tx.now()
    if _unwrapped(tx, call.sid):
        tx.callbacks.add(_row(tx, call, kind="number", now=now))
    if not finished and (failed or _agent_lost(tx, call.sid)):
        promise(tx, _row(tx, call, kind="dropped_call", now=now))
    elif outcome in UNSERVED and wait is not None and wait >= MISSED_AFTER:
        promise(tx, _row(tx, call, kind="missed", now=now))
    elif outcome is CallOutcome.ATTENDED_BY_PERSON:
        before = tx.callbacks.live_of_number(call.caller)
        if before is not None and before.kind == "missed":
            finish(tx, replace(before, state="done"), kind="callback.handled", followed="call")


def forget_old_numbers(tx: Transaction) -> int:
    """Delete numbers that no wrap-up asked for in time."""
    return tx.callbacks.forget_numbers(before=tx.now() - NUMBER_KEPT)


def _unwrapped(tx: Transaction, call_sid: str) -> bool:
    """Whether the work after a talk may still promise to call back."""
    for offer in tx.desk.offers_of(call_sid):
        talk = tx.desk.engagement(offer.id)
        if talk is not None and talk.wrapped_at is None:
            return True
    return False


def _agent_lost(tx: Transaction, call_sid: str) -> bool:
    talks = [tx.desk.engagement(offer.id) for offer in tx.desk.offers_of(call_sid)]
    ended = [t for t in talks if t is not None and t.ended_at is not None]
    last = max(ended, key=lambda t: t.ended_at or t.started_at, default=None)
    if last is None or last.ended_at is None or last.ended_by != "agent":
        return False
    legs = tx.desk.legs_of(last.offer)
    if legs and legs[-1].status == FAILED:
        return True
    presence = tx.desk.presence(last.agent)
    seen = presence.seen_at if presence else None
    return seen is not None and last.ended_at - seen >= SILENT_AFTER


def _row(tx: Transaction, call: CallRow, *, kind: CallbackKind, now: datetime) -> CallbackRow:
    ticket = tx.tickets.by_protocol(call.protocol)
    assert call.caller is not None
    return CallbackRow(
        protocol=call.protocol,
        call_sid=call.sid,
        number=call.caller,
        asked_at=now if kind == "number" else call.started_at,
        due=ticket.due_business if ticket else now.date(),
        kind=kind,
        state="dropped" if kind == "number" else "waiting",
    )
