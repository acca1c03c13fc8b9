"""Orders for the worker: a new password, an unlocked account. Nothing is done in the webhook."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.domain.assurance import Never, Verified, mobile_frozen, verdict
from ivr.domain.limits import Verdict, may_reset
from ivr.flow.events import Event, StillWorking
from ivr.flow.requests import Answer, JobDone, JobOutcome, ResetPassword, UnlockAccount
from ivr.ports.directory import Account
from ivr.ports.store import Job, Transaction
from ivr.service.pause import tell_pause
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime
from ivr.service.session import Person


@handles(ResetPassword)
def reset_password(rt: Runtime, context: TurnContext, request: ResetPassword) -> Answer | Event:
    """Order a reset, unless policy or limits forbid it."""
    return _order(rt, context, kind="reset", service=request.service, delivery=request.delivery)


@handles(UnlockAccount)
def unlock_account(rt: Runtime, context: TurnContext, request: UnlockAccount) -> Answer | Event:
    """Order an unlock, unless policy or limits forbid it."""
    return _order(rt, context, kind="unlock", service=request.service, delivery="")


def _order(
    rt: Runtime, context: TurnContext, *, kind: str, service: str, delivery: str
) -> Answer | Event:
    person = context.person
    name = rt.directory_of(service)
    account = rt.directories[person.directory].get(person.uid) if person.uid else None
    if name not in rt.directories or account is None:
        return JobDone(outcome="not_found")
    key = f"{kind}:{context.key}"
    with rt.store.begin() as tx:
        tx.proofs.lock(person.key)
        if tx.outbox.get(key) is None:
            refusal = refused(rt, tx, context, account, delivery=delivery)
            if refusal is not None:
                return JobDone(outcome=refusal)
            allowed = within_limits(rt, tx, context, directory=name, now=tx.now())
            if kind == "reset" and not allowed.allowed:
                return JobDone(outcome="limited")
    context.session = replace(context.session, job=key)
    job = directory_job(rt, context, key=key, kind=kind, service=service, delivery=delivery)
    protocol = context.call.protocol
    context.effects.append(lambda tx: tx.outbox.add(job))
    context.effects.append(lambda tx: tx.tickets.change(protocol, service=service, subject=kind))
    return StillWorking()


def refused(
    rt: Runtime, tx: Transaction, context: TurnContext, account: Account, *, delivery: str
) -> JobOutcome | None:
    """Why nothing may be changed for this caller now; None when something may."""
    now = tx.now()
    frozen = mobile_frozen(rt.policy, changed_at=account.mobile_changed_at, now=now)
    assessment = verdict(
        rt.policy,
        rt.policy.group_of(account.group, privileged=account.privileged),
        context.session.engine.passed,
        mobile_frozen=frozen,
    )
    if not isinstance(assessment, Verified):
        return "privileged" if isinstance(assessment, Never) else "refused"
    if tx.resets.frozen(context.person.key, now=now):
        return "limited"
    if delivery == "link" and not may_have_link(rt, account, now=now):
        return "unreachable"
    return None


def may_have_link(rt: Runtime, account: Account, *, now: datetime) -> bool:
    """Whether a link may go to the registered mobile: there is one, and not since yesterday."""
    frozen = mobile_frozen(rt.policy, changed_at=account.mobile_changed_at, now=now)
    return account.mobile is not None and not frozen


def within_limits(
    rt: Runtime, tx: Transaction, context: TurnContext, *, directory: str, now: datetime
) -> Verdict:
    """Whether the person's account in a directory may have one more reset."""
    account = account_in(rt, context.person, directory)
    allowed = may_reset(
        rt.limits,
        resets_in_day=tx.resets.completed(account=account, since=now - rt.limits.reset_day),
        resets_in_month=tx.resets.completed(account=account, since=now - rt.limits.reset_month),
        global_failures=tx.proofs.failures_everywhere(since=now - rt.limits.global_window),
    )
    tell_pause(tx, allowed, limits=rt.limits, call_sid=context.call.sid, at=now)
    return allowed


def account_in(rt: Runtime, person: Person, directory: str) -> str:
    """Name under which the resets of a person's account in a directory are counted."""
    if directory == person.directory:
        return person.key
    return rt.keyed_hash("account", f"{directory}:{person.key}")


def directory_job(
    rt: Runtime,
    context: TurnContext,
    *,
    key: str,
    kind: str,
    service: str,
    delivery: str,
    group: str = "",
) -> Job:
    """The job that changes one account. ``group``: key of the job that stands for several."""
    person, name = context.person, rt.directory_of(service)
    payload = {
        "directory": name,
        "identity": person.directory,
        "uid": person.uid,
        "account": account_in(rt, person, name),
        "service": service,
        "delivery": delivery,
        "protocol": context.call.protocol,
        **({"group": group} if group else {}),
    }
    return Job(key=key, kind=f"directory.{kind}", call_sid=context.call.sid, payload=payload)
