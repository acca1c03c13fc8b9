"""All systems of a person at once: which they have, the order, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ivr.flow.events import Event, StillWorking
from ivr.flow.requests import (
    Answer,
    FindSystems,
    JobOutcome,
    ReadSystems,
    ResetSystems,
    Systems,
    SystemsReset,
)
from ivr.ports.directory import Account
from ivr.ports.errors import PortError
from ivr.ports.store import Job, Transaction
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.requests.resets import directory_job, may_have_link, refused, within_limits
from ivr.service.runtime import Runtime
from ivr.service.system_resets import GROUP, outcomes_of


@handles(FindSystems)
def find_systems(rt: Runtime, context: TurnContext, request: FindSystems) -> Answer:
    """Services whose directory knows the person, or cannot tell now.

    A directory that is away counts: leaving it out would tell the caller that "all" is done when
    it is not. None for somebody whom no link may reach. Raises PortError when the directory that
    knows people is away.
    """
    account = _account(rt, context)
    with rt.store.begin(write=False) as tx:
        now = tx.now()
    if account is None or not may_have_link(rt, account, now=now):
        return Systems(services=())
    known = _one_of_each(rt, request.services)
    return Systems(services=tuple(s for s in known if _may_be_there(rt, context, account, s)))


@handles(ResetSystems)
def reset_systems(rt: Runtime, context: TurnContext, request: ResetSystems) -> Answer | Event:
    """Order one reset for each system that the limits allow, and a job that stands for all."""
    account = _account(rt, context)
    if account is None:
        return _alike(request.services, "not_found")
    group = f"systems:{context.key}"
    allowed: list[str] = []
    limited: list[str] = []
    with rt.store.begin() as tx:
        tx.proofs.lock(context.person.key)
        if tx.outbox.get(group) is None:
            refusal = refused(rt, tx, context, account, delivery="link")
            if refusal is not None:
                return _alike(request.services, refusal)
            now = tx.now()
            for service in _one_of_each(rt, request.services):
                name = rt.directory_of(service)
                verdict = within_limits(rt, tx, context, directory=name, now=now)
                (allowed if verdict.allowed else limited).append(service)
    _order(rt, context, group, allowed=allowed, limited=limited)
    return StillWorking()


@handles(ReadSystems)
def read_systems(rt: Runtime, context: TurnContext, request: ReadSystems) -> Answer:
    """How each reset stands now."""
    with rt.store.begin(write=False) as tx:
        group = tx.outbox.get(context.session.job)
    if group is None:
        return _alike(request.services, "refused")
    return SystemsReset(outcomes=outcomes_of(rt, group, request.services))


def _order(
    rt: Runtime, context: TurnContext, group: str, *, allowed: list[str], limited: list[str]
) -> None:
    context.session = replace(context.session, job=group)
    parts = {service: f"reset:{context.key}:{service}" for service in allowed}
    jobs = [
        directory_job(
            rt,
            context,
            key=key,
            kind="reset",
            service=service,
            delivery="link",
            group=group,
        )
        for service, key in parts.items()
    ]
    protocol = context.call.protocol
    payload = {
        "protocol": protocol,
        "parts": parts,
        "refused": dict.fromkeys(limited, "limited"),
        "delivery": "link",
    }
    whole = Job(key=group, kind=GROUP, call_sid=context.call.sid, payload=payload)
    told = ",".join((*allowed, *limited))

    def order(tx: Transaction) -> None:
        for job in (*jobs, whole):
            tx.outbox.add(job)
        tx.tickets.change(protocol, service=told, subject="reset")

    context.effects.append(order)


def _account(rt: Runtime, context: TurnContext) -> Account | None:
    person = context.person
    return rt.directories[person.directory].get(person.uid) if person.uid else None


def _one_of_each(rt: Runtime, services: Iterable[str]) -> list[str]:
    """The first service of each directory: the others open with the same password."""
    by_directory: dict[str, str] = {}
    for service in services:
        name = rt.directory_of(service)
        if name in rt.directories:
            by_directory.setdefault(name, service)
    return list(by_directory.values())


def _may_be_there(rt: Runtime, context: TurnContext, account: Account, service: str) -> bool:
    name = rt.directory_of(service)
    if name == context.person.directory:
        return True
    try:
        return rt.directories[name].find(kind="cpf", number=account.person_key) is not None
    except PortError:
        return True


def _alike(services: tuple[str, ...], outcome: JobOutcome) -> SystemsReset:
    return SystemsReset(outcomes=tuple(outcome for _ in services))
