"""The end of a call: its outcome, its ticket, and what it leaves behind."""

from __future__ import annotations

from ivr.domain.outcome import CallOutcome, final_outcome
from ivr.ports.store import CallRow, JournalEntry, Transaction
from ivr.service.left_behind import (
    give_status,
    order_link_instead,
    outcome_of_job,
    stronger_outcome,
)
from ivr.service.recordings import keep_unclaimed, purpose_at
from ivr.service.runtime import Runtime
from ivr.service.session import Session


def end_call(rt: Runtime, *, sid: str, by: str = "") -> bool:
    """Close a call once. ``by``: who ended it, when the carrier or a sweep tells.

    False when the call is unknown or ended already.
    """
    with rt.store.begin(write=False) as tx:
        view = tx.calls.view(sid, 0)
    if view is None or view.call.ended_at is not None:
        return False
    at = Session.from_dict(view.call.state).engine.at
    purpose = purpose_at(rt, view.call.revision, f"{at.flow}.{at.node}")
    with rt.store.begin() as tx:
        view = tx.calls.view(sid, 0)
        if view is None or view.call.ended_at is not None:
            return False
        call, now = view.call, tx.now()
        session = Session.from_dict(call.state)
        finished = session.engine.status == "ended"
        ended_by = by or ("system" if finished else "caller")
        outcome = _outcome(tx, call, session)
        if not tx.calls.end(sid, at=now, by=ended_by, outcome=outcome.value):
            return False
        give_status(tx, call.protocol, outcome, now=now)
        ticket = tx.tickets.by_protocol(call.protocol)
        if session.expects == "record" and ticket is not None:
            keep_unclaimed(tx, ticket, purpose=purpose)
        if session.expects == "queue":
            tx.queues.leave(sid, at=now, result="abandoned")
        job = tx.outbox.get(session.job) if session.job else None
        if job is not None:
            order_link_instead(tx, job)
        at = session.engine.at
        entry = JournalEntry(
            turn=call.turn,
            seq=0,
            at=now,
            kind="call.ended",
            flow=at.flow,
            node=at.node,
            data={"by": ended_by, "outcome": outcome.value, "expects": session.expects},
        )
        tx.journal.add(sid, [entry])
    return True


def _outcome(tx: Transaction, call: CallRow, session: Session) -> CallOutcome:
    """The strongest of what the call, its ticket and a job that is still waited for say."""
    seen = [CallOutcome(call.outcome or "abandoned")]
    job = tx.outbox.get(session.job) if session.job else None
    if job is not None:
        seen.append(outcome_of_job(job))
    return stronger_outcome(tx.tickets.by_protocol(call.protocol), final_outcome(seen))
