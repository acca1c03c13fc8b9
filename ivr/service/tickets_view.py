"""Everything that the page of a ticket shows, in one read; and the timed look at what is hidden."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.domain.sla import Deadlines
from ivr.domain.sla_countdown import Countdown, countdown
from ivr.ports.staff import AuditLine
from ivr.ports.store import Job, RecordingRow, TicketRow, Transaction
from ivr.ports.tickets import DELIVERY, Contact, Known
from ivr.service.runtime import Runtime
from ivr.service.tickets import TicketError, live_tickets_for, root_of, with_root
from ivr.service.tickets_history import HistoryLine, family_of, history_in, recordings_of

REVEAL_SECONDS = 30
"""How long hidden data stays on a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message to another desk and what became of it."""

    job: Job
    target: str
    may_retry: bool
    """Whether a person may send it once more."""

    @property
    def event(self) -> str:
        """Name of the outgoing event."""
        return str(self.job.payload["body"]["type"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """``asked``: the protocol that was asked for, which may have been joined to ``ticket``.

    ``joined``: tickets that were joined to it. ``others``: live tickets of the same person, to
    join this one to. ``contact``: the newest that tells who it is about. ``names``: of agents,
    by id.
    """

    asked: str
    ticket: TicketRow
    joined: tuple[TicketRow, ...]
    others: tuple[TicketRow, ...]
    contact: Contact | None
    clock: Countdown
    lines: tuple[HistoryLine, ...]
    recordings: tuple[RecordingRow, ...]
    deliveries: tuple[Delivery, ...]
    names: dict[str, str]


def view_of(rt: Runtime, protocol: str) -> TicketView:
    """The ticket that a protocol leads to. Raises TicketError, unknown."""
    with rt.store.begin(write=False) as tx:
        asked = tx.tickets.by_protocol(protocol)
        if asked is None:
            raise TicketError("unknown")
        family = family_of(tx, asked)
        ticket = family[0]
        live = live_tickets_for(tx, ticket.call_sid)
        others = [t for t in (live.first, *live.others) if t.protocol != ticket.protocol]
        return TicketView(
            asked=protocol,
            ticket=ticket,
            joined=tuple(family[1:]),
            others=tuple(others) if ticket.status != "closed" else (),
            contact=contact_of(tx, family),
            clock=countdown_of(rt, tx, ticket),
            lines=tuple(history_in(tx, protocol)),
            recordings=tuple(recordings_of(tx, ticket)),
            deliveries=_deliveries(tx, family),
            names={staff.id: staff.name for staff in tx.staff.everyone()},
        )


def _deliveries(tx: Transaction, family: list[TicketRow]) -> tuple[Delivery, ...]:
    targets = {target.id: target.name for target in tx.webhook_targets.everyone()}
    jobs = {j.key: j for t in family for j in tx.ticket_log.deliveries(t.protocol)}
    return tuple(
        Delivery(
            job=job,
            target=targets.get(str(job.payload["target"]), ""),
            may_retry=job.state == "failed" and _again(key) not in jobs,
        )
        for key, job in jobs.items()
    )


def _again(key: str) -> str:
    """Key of the next order of the same message."""
    stem, _, number = key.partition("#")
    return f"{stem}#{int(number or 0) + 1}"


def countdown_of(rt: Runtime, tx: Transaction, ticket: TicketRow) -> Countdown:
    """Both clocks of a ticket now."""
    due = Deadlines(business=ticket.due_business, calendar=ticket.due_calendar)
    closed_at = ticket.closed_at if ticket.status == "closed" else None
    return countdown(due, rt.hours, now=tx.now(), closed_at=closed_at)


def contact_of(tx: Transaction, family: list[TicketRow]) -> Contact | None:
    """The contact that tells most: one that names somebody before one that does not."""
    found = [c for t in family if (c := tx.ticket_log.contact(t.call_sid)) is not None]
    named = [contact for contact in found if contact.directory]
    return next(iter(named or found), None)


def reveal(rt: Runtime, protocol: str, *, by: str) -> Known:
    """What is known of the ticket's person, whole except the CPF, with a line in the audit log.

    Raises TicketError: unknown, nobody (nothing is known), erased.
    """
    with rt.store.begin() as tx:
        asked = tx.tickets.by_protocol(protocol)
        if asked is None:
            raise TicketError("unknown")
        contact = contact_of(tx, family_of(tx, asked))
        if contact is None or not contact.directory:
            raise TicketError("nobody")
        tx.audit.add(
            AuditLine(
                at=tx.now(),
                actor=by,
                action="ticket.revealed",
                object=f"ticket:{root_of(tx, asked).protocol}",
                data={"call_sid": contact.call_sid},
            )
        )
        if contact.erased:
            raise TicketError("erased")
        return contact.known


def deliver_again(rt: Runtime, protocol: str, job: str, *, by: str) -> None:
    """Send a message to another desk once more, under the same id, so that it is taken once.

    Raises TicketError: unknown, already (it waits or was taken).
    """

    def write(tx: Transaction, ticket: TicketRow) -> None:
        family = family_of(tx, ticket)
        known = {j.key: j for t in family for j in tx.ticket_log.deliveries(t.protocol)}
        failed = known.get(job)
        if failed is None:
            raise TicketError("unknown")
        again = _again(job)
        if failed.state != "failed" or tx.outbox.get(again) is not None:
            raise TicketError("already")
        tx.outbox.add(Job(key=again, kind=DELIVERY, call_sid="", payload=failed.payload))
        tx.ticket_log.ordered_again(ticket.protocol, failed, key=again)
        tx.audit.add(
            AuditLine(
                at=tx.now(),
                actor=by,
                action="ticket.delivered_again",
                object=f"ticket:{ticket.protocol}",
                data={"job": again},
            )
        )

    with_root(rt, protocol, write)
