"""The end of a call: its outcome, its ticket, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime

from ivr.domain.outcome import CallOutcome, ticket_status
from ivr.ports.store import CallRow, Job, JournalEntry, Transaction
from ivr.service.runtime import Runtime
from ivr.service.session import Session


def end_call(rt: Runtime, *, sid: str, by: str = "") -> bool:
    """Close a call once. ``by``: who ended it, when the carrier or a sweep tells.

    False when the call is unknown or ended already.
    """
    with rt.store.begin() as tx:
        view = tx.calls.view(sid, 0)
        if view is None or view.call.ended_at is not None:
            return False
        call, now = view.call, tx.now()
        session = Session.from_dict(call.state)
        finished = session.engine.status == "ended"
        ended_by = by or ("system" if finished else "caller")
        if not tx.calls.end(sid, at=now, by=ended_by, outcome=call.outcome):
            return False
        _close_ticket(tx, call, now=now)
        if session.expects == "queue":
            tx.queues.leave(sid, at=now, result="abandoned")
        if session.job.startswith("reset:"):
            _rescue_secret(tx, call, session)
        at = session.engine.at
        entry = JournalEntry(
            turn=call.turn,
            seq=0,
            at=now,
            kind="call.ended",
            flow=at.flow,
            node=at.node,
            data={"by": ended_by, "outcome": call.outcome, "expects": session.expects},
        )
        tx.journal.add(sid, [entry])
    return True


def _close_ticket(tx: Transaction, call: CallRow, *, now: datetime) -> None:
    ticket = tx.tickets.by_protocol(call.protocol)
    outcome = CallOutcome(call.outcome or "abandoned")
    if ticket is not None and ticket.outcome:
        outcome = CallOutcome(ticket.outcome)
    status = ticket_status(outcome)
    closed = now if status.value == "closed" else None
    tx.tickets.change(call.protocol, outcome=outcome.value, status=status.value, closed_at=closed)


def _rescue_secret(tx: Transaction, call: CallRow, session: Session) -> None:
    """A temporary password that was not heard to its end is replaced by a link."""
    tx.outbox.add(
        Job(
            key=f"rescue:{session.job}",
            kind="reset.rescue",
            call_sid=call.sid,
            payload={"job": session.job},
        )
    )
