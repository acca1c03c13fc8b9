"""Orders for the worker: a new password, an unlocked account. Nothing is done in the webhook."""

from __future__ import annotations

from dataclasses import replace

from ivr.domain.assurance import Never, Verified, mobile_frozen, verdict
from ivr.domain.limits import may_reset
from ivr.flow.events import Event, StillWorking
from ivr.flow.requests import Answer, JobDone, JobOutcome, ResetPassword, UnlockAccount
from ivr.ports.store import Job
from ivr.service.pause import tell_pause
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime


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
    if name not in rt.directories or not person.uid:
        return JobDone(outcome="not_found")
    account = rt.directories[person.directory].get(person.uid)
    if account is None:
        return JobDone(outcome="not_found")
    key = f"{kind}:{context.key}"
    with rt.store.begin() as tx:
        tx.proofs.lock(person.key)
        now = tx.now()
        if tx.outbox.get(key) is None:
            assessment = verdict(
                rt.policy,
                rt.policy.group_of(account.group, privileged=account.privileged),
                context.session.engine.passed,
                mobile_frozen=mobile_frozen(
                    rt.policy, changed_at=account.mobile_changed_at, now=now
                ),
            )
            if not isinstance(assessment, Verified):
                outcome: JobOutcome = "privileged" if isinstance(assessment, Never) else "refused"
                return JobDone(outcome=outcome)
            if tx.resets.frozen(person.key, now=now):
                return JobDone(outcome="limited")
            done = may_reset(
                rt.limits,
                resets_in_day=tx.resets.completed(
                    account=person.key, since=now - rt.limits.reset_day
                ),
                resets_in_month=tx.resets.completed(
                    account=person.key, since=now - rt.limits.reset_month
                ),
                global_failures=tx.proofs.failures_everywhere(since=now - rt.limits.global_window),
            )
            tell_pause(tx, done, limits=rt.limits, call_sid=context.call.sid, at=now)
            if kind == "reset" and not done.allowed:
                return JobDone(outcome="limited")
    context.session = replace(context.session, job=key)
    job = Job(
        key=key,
        kind=f"directory.{kind}",
        call_sid=context.call.sid,
        payload={
            "directory": name,
            "identity": person.directory,
            "uid": person.uid,
            "account": person.key,
            "service": service,
            "delivery": delivery,
            "protocol": context.call.protocol,
        },
    )
    protocol = context.call.protocol
    context.effects.append(lambda tx: tx.outbox.add(job))
    context.effects.append(lambda tx: tx.tickets.change(protocol, service=service, subject=kind))
    return StillWorking()
