"""What an agent may ask the system to do for a caller. The system decides; the agent has no raw
right: nothing is done without proofs that the system itself recorded in this very call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivr.ports.staff import AuditLine
from ivr.ports.store import CallRow, Job, TicketRow, Transaction
from ivr.ports.tickets import TicketEvent
from ivr.service.desk.proven import (
    REASONS,
    Proof,
    Talk,
    read_talk,
    refusal_of,
    services_for,
    turn_of,
)
from ivr.service.link_tokens import link_job
from ivr.service.requests.resets import directory_job
from ivr.service.runtime import Runtime
from ivr.service.tickets import tell

__all__ = [
    "REASONS",
    "Checklist",
    "Offered",
    "Ordered",
    "Proof",
    "Result",
    "checklist_of",
    "record",
    "send_reset_link",
    "services_for",
    "unlock",
]

KINDS = ("reset", "unlock")
TRIES = 3
"""Orders of one kind for one service in one talk, counting those that came to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What was asked for in this call. ``result``: ordered or the reason of a refusal;
    ``outcome``: what the job has come to (waiting, sent, done, or a word of the effect)."""

    kind: str
    service: str
    at: datetime
    actor: str
    result: str
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An action for a service; ``refusal`` is a word of :data:`REASONS`, empty when allowed."""

    kind: str
    service: str
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The identity checklist of a talk. ``again``: factors that the caller may still prove."""

    offer: str
    protocol: str
    level: str
    group: str = ""
    proofs: tuple[Proof, ...] = ()
    again: tuple[str, ...] = ()
    actions: tuple[Offered, ...] = ()
    ordered: tuple[Ordered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a press. ``reason``: empty, or a word of :data:`REASONS`."""

    done: bool
    reason: str = ""

    @property
    def words(self) -> str:
        """For the page, pt-BR."""
        return REASONS.get(self.reason, "")


def checklist_of(rt: Runtime, offer: str) -> Checklist:
    """What the system recorded and what it would do now. Raises LookupError without the offer."""
    talk = read_talk(rt, offer, agent="", looks=True)
    if talk.ticket is None or talk.call is None:
        raise LookupError("no such offer")
    session = talk.session
    actions: list[Offered] = []
    with rt.store.begin(write=False) as tx:
        for kind in KINDS:
            for service in services_for(rt, kind):
                refusal = talk.fault or refusal_of(
                    rt, tx, talk, kind=kind, service=service, looks=True
                )
                actions.append(Offered(kind=kind, service=service, refusal=refusal))
        ordered = _ordered(tx, talk.ticket, talk.call)
    passed = {proof.factor for proof in talk.proofs if proof.state == "passed"}
    asked = tuple(proof.factor for proof in talk.proofs)
    return Checklist(
        offer=offer,
        protocol=talk.ticket.protocol,
        level=session.engine.level if session else talk.ticket.identity,
        group=session.person.group if session and session.person else "",
        proofs=talk.proofs,
        again=tuple(f for f in asked if f not in passed) if not talk.fault else (),
        actions=tuple(actions),
        ordered=ordered,
    )


def send_reset_link(rt: Runtime, offer: str, agent: str, *, service: str = "") -> Result:
    """Order a link by SMS for the caller's account. ``service``: its key, default the ticket's
    own, else the first that has passwords. Once a press, however often it is pressed."""
    return _press(rt, offer, agent, kind="reset", service=service)


def unlock(rt: Runtime, offer: str, agent: str, *, service: str = "") -> Result:
    """Order the unlocking of the caller's account; see :func:`send_reset_link`."""
    return _press(rt, offer, agent, kind="unlock", service=service)


def _press(rt: Runtime, offer: str, agent: str, *, kind: str, service: str) -> Result:
    talk = read_talk(rt, offer, agent=agent)
    known = services_for(rt, kind)
    if not service:
        own = talk.ticket.service if talk.ticket else ""
        service = own if own in known else next(iter(known), "")
    with rt.store.begin() as tx:
        reason = talk.fault
        if not reason and service not in known:
            reason, service = "no_such_action", ""
        if not reason:
            reason = _order(rt, tx, talk, offer=offer, agent=agent, kind=kind, service=service)
        record(tx, talk, offer=offer, agent=agent, kind=kind, service=service, reason=reason)
    return Result(done=not reason, reason=reason)


def _order(
    rt: Runtime, tx: Transaction, talk: Talk, *, offer: str, agent: str, kind: str, service: str
) -> str:
    assert talk.session is not None and talk.session.person is not None
    tx.proofs.lock(talk.session.person.key)
    key = ""
    for number in range(TRIES):
        key = f"desk.{kind}:{offer}:{service}:{number}"
        job = tx.outbox.get(key)
        if job is None:
            break
        if job.state in ("queued", "running") or job.outcome.get("outcome") == "done":
            return "already"
    else:
        return "limited"
    reason = refusal_of(rt, tx, talk, kind=kind, service=service)
    if reason:
        return reason
    context = turn_of(talk)
    delivery = "link" if kind == "reset" else ""
    job = directory_job(rt, context, key=key, kind=kind, service=service, delivery=delivery)
    if not tx.outbox.add(job):
        return "already"
    assert talk.ticket is not None
    if not talk.ticket.service:
        tx.tickets.change(talk.ticket.protocol, service=service, subject=kind)
    return ""


def record(
    tx: Transaction,
    talk: Talk,
    *,
    offer: str,
    agent: str,
    kind: str,
    service: str,
    reason: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """Every press, refused ones too, in the audit log and in the ticket's history."""
    now, result = tx.now(), reason or "ordered"
    data = {"action": kind, "service": service, "result": result, "offer": offer, **(more or {})}
    about = f"ticket:{talk.ticket.protocol}" if talk.ticket else f"offer:{offer}"
    tx.audit.add(AuditLine(at=now, actor=agent, action=f"ticket.{kind}", object=about, data=data))
    if talk.ticket is None or talk.call is None:
        return
    tx.ticket_log.note(
        TicketEvent(
            protocol=talk.ticket.protocol,
            at=now,
            kind="action",
            actor=f"agent:{agent}",
            data={**data, "call_sid": talk.call.sid},
        )
    )
    tell(tx, talk.ticket.protocol)


def _ordered(tx: Transaction, ticket: TicketRow, call: CallRow) -> tuple[Ordered, ...]:
    found, taken = [], set()
    for event in tx.ticket_log.events(ticket.protocol):
        if event.kind != "action" or event.data.get("call_sid") != call.sid:
            continue
        data = event.data
        outcome = ""
        if data["result"] == "ordered":
            stem = f"desk.{data['action']}:{data['offer']}:{data['service']}"
            for number in reversed(range(TRIES)):
                job = tx.outbox.get(f"{stem}:{number}")
                if job is not None and job.key not in taken:
                    taken.add(job.key)
                    outcome = _outcome(tx, job)
                    break
        found.append(
            Ordered(
                kind=str(data["action"]),
                service=str(data["service"]),
                at=event.at,
                actor=event.actor,
                result=str(data["result"]),
                outcome=outcome,
            )
        )
    return tuple(found)


def _outcome(tx: Transaction, job: Job) -> str:
    if job.state in ("queued", "running"):
        return "waiting"
    outcome = str(job.outcome.get("outcome", "failed"))
    message = tx.outbox.get(link_job(job.key))
    if outcome == "done" and message is not None:
        if message.state in ("queued", "running"):
            return "waiting"
        return "sent" if message.outcome.get("outcome") == "sent" else "not_sent"
    return outcome
