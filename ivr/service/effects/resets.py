"""Directory writes: each is one change with a marker, so that a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ivr.domain.limits import may_reset
from ivr.domain.otp import SALT_BYTES_MIN, temporary_password
from ivr.domain.outcome import CallOutcome
from ivr.ports.directory import Account, Directory, PolicyRefusalError
from ivr.ports.store import Job, Transaction
from ivr.service.effects.registry import GIVE_UP_AFTER, Later, Settled, effect
from ivr.service.journal import note
from ivr.service.left_behind import outcome_of_job, settle_ticket
from ivr.service.link_tokens import link_job, new_link
from ivr.service.requests.resets import may_have_link
from ivr.service.runtime import Runtime
from ivr.service.system_resets import GROUP, links_wait, outcomes_of, services_of


@effect("directory.reset")
def reset_password(rt: Runtime, job: Job) -> Settled | Later:
    """A link by SMS, or a temporary password that the call then speaks."""
    directory, account = _account(rt, job)
    if account is None:
        return _over(job, "not_found")
    if account.disabled:
        return _over(job, "disabled")
    if account.privileged:
        return _over(job, "privileged")
    salt = _salt(rt, job)
    if salt is None:
        return _over(job, "limited")
    if job.payload["delivery"] == "link":
        settled = _order_link(rt, job, account)
        return replace(settled, also=(*settled.also, lambda tx: tx.resets.erase_secret(job.key)))
    password = temporary_password(rt.secret_key, job.key, salt)
    try:
        directory.reset(uid=account.uid, password=password, marker=job.key, must_change=True)
    except PolicyRefusalError as refusal:
        return _over(job, "refused", reason=refusal.reason)
    return _over(job, "done", also=(_completed(job), _notice(job, account, "password_reset")))


@effect("directory.unlock")
def unlock_account(rt: Runtime, job: Job) -> Settled | Later:
    """Unlock; the password stays."""
    directory, account = _account(rt, job)
    if account is None:
        return _over(job, "not_found")
    if account.disabled:
        return _over(job, "disabled")
    if account.privileged:
        return _over(job, "privileged")
    directory.unlock(uid=account.uid, marker=job.key)
    return _over(job, "done", also=(_notice(job, account, "account_unlocked"),))


@effect("reset.rescue")
def rescue_reset(rt: Runtime, job: Job) -> Settled | Later:
    """The caller was cut off before the temporary password was said: send a link instead.

    ``silent`` in the payload: it could not be said at all.
    """
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        reset = tx.outbox.get(str(job.payload["job"]))
        silent = bool(job.payload.get("silent"))
        heard = reset is not None and tx.resets.secret(reset.key, now=now) is None
    if reset is None or (reset.state == "done" and heard and not silent):
        return Settled(outcome={"outcome": "heard"})
    if reset.state in ("queued", "running"):
        return Later(reason="reset not settled")
    if reset.state == "failed" or reset.outcome.get("outcome") != "done":
        return Settled(outcome={"outcome": "nothing to rescue"})
    _, account = _account(rt, reset)
    if account is None or not may_have_link(rt, account, now=now):
        return Settled(outcome={"outcome": "unreachable"}, failed=True)
    key = reset.key
    settled = _order_link(rt, reset, account, outcome={"outcome": "link"})
    return Settled(
        outcome=settled.outcome,
        also=(
            *settled.also,
            lambda tx: tx.resets.erase_secret(key),
        ),
    )


@effect(GROUP)
def settle_systems(rt: Runtime, job: Job) -> Settled | Later:
    """Several resets ordered at once: over when each of them is; then the ticket is told.

    A system that failed for good leaves the ticket open, with its name.
    """
    services = services_of(job)
    outcomes = dict(zip(services, outcomes_of(rt, job, services), strict=True))
    with rt.store.begin(write=False) as tx:
        given_up = job.created_at is not None and tx.now() - job.created_at > GIVE_UP_AFTER
    if "later" in outcomes.values() and not given_up:
        return Later(reason="resets not settled")
    failed = [service for service, outcome in outcomes.items() if outcome != "done"]
    protocol = str(job.payload["protocol"])

    def tell(tx: Transaction) -> None:
        note(tx, job.call_sid, f"{job.kind}.settled", **outcomes)
        end = CallOutcome.REFUSED if failed else CallOutcome.RESOLVED_SELF_SERVICE
        settle_ticket(tx, job, end)
        if failed:
            tx.tickets.change(protocol, service=",".join(failed), status="open", closed_at=None)
        elif links_wait(tx, job):
            tx.tickets.change(protocol, status="pending", closed_at=None)

    whole = "refused" if failed else "done"
    return Settled(outcome={"outcome": whole, "systems": outcomes}, also=(tell,))


def _account(rt: Runtime, job: Job) -> tuple[Directory, Account | None]:
    """The account to change: the person's, in the directory of the service."""
    name, identity = str(job.payload["directory"]), str(job.payload["identity"])
    known = rt.directories[identity].get(str(job.payload["uid"]))
    directory = rt.directories[name]
    if known is None or name == identity:
        return directory, known
    return directory, directory.find(kind="cpf", number=known.person_key)


def _salt(rt: Runtime, job: Job) -> bytes | None:
    """The salt of the job's password: made once and committed before the directory is written.

    None when another job of the same account was faster.
    """
    account = str(job.payload["account"])
    with rt.store.begin() as tx:
        tx.proofs.lock(account)
        now = tx.now()
        salt = tx.resets.secret(job.key, now=now)
        if salt is not None:
            return salt
        allowed = may_reset(
            rt.limits,
            resets_in_day=tx.resets.completed(account=account, since=now - rt.limits.reset_day),
            resets_in_month=tx.resets.completed(account=account, since=now - rt.limits.reset_month),
            global_failures=0,
        )
        if not allowed.allowed:
            return None
        salt = rt.entropy(SALT_BYTES_MIN)
        tx.resets.add_secret(job.key, salt, expires_at=now + rt.limits.reset_day)
        # Counted before it is done, so that two calls at once cannot both pass the limit.
        tx.resets.record(account=account, service=str(job.payload["service"]), job=job.key, at=now)
    return salt


def _order_link(
    rt: Runtime, job: Job, account: Account, *, outcome: dict[str, Any] | None = None
) -> Settled:
    with rt.store.begin(write=False) as tx:
        now = tx.now()
    if not may_have_link(rt, account, now=now):
        return _over(job, "unreachable", reason="no mobile, or a new one")
    link = new_link(
        rt,
        purpose="password",
        call_sid=job.call_sid,
        service=str(job.payload["service"]),
        directory=str(job.payload["directory"]),
        uid=account.uid,
        now=now,
        job=job.key,
    )
    message = Job(
        key=link_job(job.key),
        kind="sms.link",
        call_sid=job.call_sid,
        payload={
            "link": link.id,
            "directory": job.payload["directory"],
            "uid": account.uid,
            "protocol": job.payload["protocol"],
            "named": "group" in job.payload,
        },
    )
    protocol = str(job.payload["protocol"])
    settled = _over(job, "done", also=(_completed(job), lambda tx: tx.resets.add_link(link)))
    return Settled(
        outcome=outcome or settled.outcome,
        also=(
            *settled.also,
            lambda tx: tx.outbox.add(message),
            lambda tx: tx.tickets.change(protocol, status="pending", closed_at=None),
        ),
    )


def _completed(job: Job) -> Callable[[Transaction], Any]:
    def write(tx: Transaction) -> None:
        tx.resets.record(
            account=str(job.payload["account"]),
            service=str(job.payload["service"]),
            job=job.key,
            at=tx.now(),
        )

    return write


def _notice(job: Job, account: Account, event: str) -> Callable[[Transaction], Any]:
    payload = {
        "directory": job.payload["directory"],
        "uid": account.uid,
        "event": event,
        "call_sid": job.call_sid,
    }
    notice = Job(key=f"notice:{job.key}", kind="sms.notice", call_sid=job.call_sid, payload=payload)
    return lambda tx: tx.outbox.add(notice)


def _over(
    job: Job, outcome: str, *, reason: str = "", also: tuple[Callable[[Transaction], Any], ...] = ()
) -> Settled:
    """The job's end, told in the journal of its call and to a caller who did not wait for it."""

    def tell(tx: Transaction) -> None:
        note(tx, job.call_sid, f"{job.kind}.settled", outcome=outcome, reason=reason)
        settled = None if "group" in job.payload else tx.outbox.get(job.key)
        if settled is not None:
            settle_ticket(tx, settled, outcome_of_job(settled))

    return Settled(outcome={"outcome": outcome, "reason": reason}, also=(*also, tell))
