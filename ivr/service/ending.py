"""The end of a call: its outcome, its ticket, and what it leaves behind."""

from __future__ import annotations

from ivr.domain.outcome import CallOutcome, final_outcome
from ivr.ports.store import CallRow, JournalEntry, Transaction
from ivr.ports.tickets import TicketEvent
from ivr.service.calls_log_facts import record_call
from ivr.service.desk.offers import caller_left
from ivr.service.desk.outside_ends import caller_gone
from ivr.service.desk.unserved import left_unserved, waited
from ivr.service.left_behind import (
    give_status,
    order_link_instead,
    outcome_of_job,
    stronger_outcome,
)
from ivr.service.recordings import keep_unclaimed, purpose_at
from ivr.service.runtime import Runtime
from ivr.service.session import Session


def end_call(rt: Runtime, *, sid: str, by: str = "", failed: bool = False) -> bool:
    """Close a call once. ``by``: who ended it, when the carrier or a sweep tells; ``failed``: the
    carrier tells that it ended by a fault.

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
        if session.expects == "queue":
            tx.desk.lock()
        finished = session.engine.status == "ended"
        ended_by = by or ("system" if finished and not _left_waiting(tx, sid) else "caller")
        outcome = _outcome(tx, call, session)
        if not tx.calls.end(sid, at=now, by=ended_by, outcome=outcome.value):
            return False
        give_status(tx, call.protocol, outcome, now=now)
        ticket = tx.tickets.by_protocol(call.protocol)
        if session.expects == "record" and ticket is not None:
            keep_unclaimed(tx, ticket, purpose=purpose)
        wait = waited(tx.queues.entry(sid), now)
        if session.expects == "queue":
            caller_left(tx, sid)
            caller_gone(tx, sid)
        left_unserved(tx, call, wait=wait, finished=finished, failed=failed, outcome=outcome)
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
        tx.ticket_log.note(
            TicketEvent(
                protocol=call.protocol,
                at=now,
                kind="call.ended",
                actor="system" if ended_by == "system" else "caller",
                data={"call_sid": sid, "by": ended_by, "outcome": outcome.value},
            )
        )
        record_call(tx, sid)
    return True


def _left_waiting(tx: Transaction, sid: str) -> bool:
    """Whether the last wait of the call ended with the receiver put down. The carrier tells the
    flow, which then ends by itself."""
    left = [entry for entry in tx.journal.of(sid) if entry.kind == "queue.left"]
    return bool(left) and left[-1].data.get("result") == "hangup"


def _outcome(tx: Transaction, call: CallRow, session: Session) -> CallOutcome:
    """The strongest of what the call, its ticket and a job that is still waited for say."""
    seen = [CallOutcome(call.outcome or "abandoned")]
    job = tx.outbox.get(session.job) if session.job else None
    if job is not None:
        seen.append(outcome_of_job(job))
    if any(offer.answered_at for offer in tx.desk.offers_of(call.sid)):
        seen.append(CallOutcome.ATTENDED_BY_PERSON)
    return stronger_outcome(tx.tickets.by_protocol(call.protocol), final_outcome(seen))
