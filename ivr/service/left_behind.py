"""What becomes of a ticket when something happens to it outside a turn: a fault, or the end of a
job that no caller waits for any more."""

from __future__ import annotations

from datetime import datetime

from ivr.domain.outcome import CallOutcome, TicketStatus, final_outcome, ticket_status
from ivr.ports.store import Job, TicketRow, Transaction


def outcome_of_job(job: Job) -> CallOutcome:
    """What the job of a caller who did not wait for it comes to.

    A password that was to be spoken is not there yet: a link follows (``reset.rescue``).
    """
    if job.state in ("queued", "running"):
        return CallOutcome.IN_PROGRESS
    if job.state == "failed":
        return CallOutcome.FAULT
    if job.outcome.get("outcome") != "done":
        return CallOutcome.REFUSED
    spoken = job.payload.get("delivery") == "spoken"
    return CallOutcome.IN_PROGRESS if spoken else CallOutcome.RESOLVED_SELF_SERVICE


def order_link_instead(tx: Transaction, job: Job, *, silent: bool = False) -> None:
    """A temporary password that was not heard to its end is replaced by a link.

    ``silent``: it could not be said at all. Jobs of another kind are left alone.
    """
    if job.kind == "directory.reset":
        payload = {"job": job.key, "protocol": job.payload["protocol"], "silent": silent}
        key = f"rescue:{job.key}"
        tx.outbox.add(Job(key=key, kind="reset.rescue", call_sid=job.call_sid, payload=payload))


def settle_ticket(tx: Transaction, job: Job, outcome: CallOutcome) -> None:
    """Tell a ticket that was left in progress what its job came to."""
    ticket = _ticket_of(tx, job)
    if ticket is None or ticket.outcome != CallOutcome.IN_PROGRESS:
        return
    tx.tickets.change(ticket.protocol, outcome=outcome.value)
    view = tx.calls.view(ticket.call_sid, 0)
    if view is not None and view.call.ended_at is not None:
        give_status(tx, ticket.protocol, outcome, now=tx.now(), link_waits=False)


def give_to_a_person(tx: Transaction, job: Job) -> None:
    """A job that failed for good leaves its ticket open for a person."""
    ticket = _ticket_of(tx, job)
    if ticket is not None:
        mark_fault(tx, ticket)


def mark_fault(tx: Transaction, ticket: TicketRow) -> None:
    """Open, and told as a fault unless something stronger happened."""
    outcome = stronger_outcome(ticket, CallOutcome.FAULT)
    tx.tickets.change(
        ticket.protocol,
        outcome=outcome.value,
        status=TicketStatus.OPEN.value,
        closed_at=None,
    )


def stronger_outcome(ticket: TicketRow | None, outcome: CallOutcome) -> CallOutcome:
    """The outcome of a ticket when this happened too."""
    seen = [outcome]
    if ticket is not None and ticket.outcome:
        seen.append(CallOutcome(ticket.outcome))
    return final_outcome(seen)


def give_status(
    tx: Transaction,
    protocol: str,
    outcome: CallOutcome,
    *,
    now: datetime,
    link_waits: bool = True,
) -> None:
    """Status that follows from the outcome of a call that is over.

    A pending ticket stays pending while a link was sent and its owner has not chosen a password
    yet; ``link_waits`` False: it was pending for another reason, which is over.
    """
    status = ticket_status(outcome)
    ticket = tx.tickets.by_protocol(protocol)
    pending = link_waits and ticket is not None and ticket.status == "pending"
    if status is TicketStatus.CLOSED and pending:
        status = TicketStatus.PENDING
    closed = now if status is TicketStatus.CLOSED else None
    tx.tickets.change(protocol, outcome=outcome.value, status=status.value, closed_at=closed)


def _ticket_of(tx: Transaction, job: Job) -> TicketRow | None:
    protocol = job.payload.get("protocol")
    if isinstance(protocol, str):
        return tx.tickets.by_protocol(protocol)
    view = tx.calls.view(job.call_sid, 0) if job.call_sid else None
    return tx.tickets.by_protocol(view.call.protocol) if view else None
