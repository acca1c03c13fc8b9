"""Faults of a live call, seen from outside its turns."""

from __future__ import annotations

from ivr.ports.store import Transaction
from ivr.service.journal import note
from ivr.service.left_behind import mark_fault
from ivr.service.opening import open_call
from ivr.service.runtime import Runtime


def record_fault(rt: Runtime, *, sid: str, kind: str, **data: str | int | bool) -> None:
    """The caller was handed to a person by a fixed document: the ticket stays open.

    Written once for each turn and kind; an ended call is left alone. A call of which nothing is
    known yet, because its first webhook failed, is opened. Raises StoreUnavailableError.
    """
    open_call(rt, sid=sid, caller=None)
    with rt.store.begin() as tx:
        view = tx.calls.view(sid, 0)
        if view is None or view.call.ended_at is not None:
            return
        if _told(tx, sid, kind, turn=view.call.turn):
            return
        ticket = tx.tickets.by_protocol(view.call.protocol)
        if ticket is not None:
            mark_fault(tx, ticket)
        note(tx, sid, kind, **data)


def _told(tx: Transaction, sid: str, kind: str, *, turn: int) -> bool:
    return any(entry.kind == kind and entry.turn == turn for entry in tx.journal.of(sid))
