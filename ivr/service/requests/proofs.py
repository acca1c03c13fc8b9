"""Proofs: a try is written before the secret is compared, so that no crash or race gives one
more. Unknown people run through the same rows and the same slow hash."""

from __future__ import annotations

from datetime import datetime

from ivr.domain.assurance import mobile_frozen
from ivr.domain.limits import Refusal, code_expired, may_prove, may_send_code
from ivr.domain.otp import SALT_BYTES_MIN, numeric_code, same
from ivr.domain.phone_number import is_br_mobile
from ivr.flow.requests import (
    Answer,
    CheckCode,
    Checked,
    CheckPin,
    CheckPrintedCode,
    CodeSent,
    SendCode,
)
from ivr.ports.directory import Account
from ivr.ports.store import Attempt, CodeRow, Job, Transaction
from ivr.service.pause import tell_cap, tell_pause, tell_probing
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime


@handles(CheckPin)
def check_pin(rt: Runtime, context: TurnContext, request: CheckPin) -> Answer:
    """Compare the telephone PIN."""
    person, turn = context.person, context.turn
    with rt.store.begin() as tx:
        allowed = _reserve(rt, tx, context, "pin")
        pin_hash = tx.proofs.pin_hash(person.key)
    matches = rt.verify_pin(pin_hash, request.secret)
    passed = matches and allowed and bool(person.uid)
    context.effects.append(lambda tx: _settle(rt, tx, context, turn=turn, passed=passed))
    return Checked(passed=passed, exhausted=not allowed)


@handles(CheckPrintedCode)
def check_printed_code(rt: Runtime, context: TurnContext, request: CheckPrintedCode) -> Answer:
    """Compare the next unused code of the owner's paper, and use it up when it is right.

    The paper is looked at again when the code is used: another call may have used it, or its
    owner may have made a new one, while the slow hash was computed.
    """
    person, sid, turn = context.person, context.call.sid, context.turn
    with rt.store.begin() as tx:
        allowed = _reserve(rt, tx, context, "printed_code")
        earlier = tx.proofs.passed(call_sid=sid, turn=turn)
        code = tx.owner.next_code(person.key)
    matches = rt.verify_pin(code.code_hash if code else None, request.secret)
    if earlier is not None:
        return Checked(passed=earlier, exhausted=not allowed)
    with rt.store.begin() as tx:
        tx.proofs.lock(person.key)
        now, current = tx.now(), tx.owner.next_code(person.key)
        good = matches and allowed and bool(person.uid) and code is not None and code == current
        passed = good and code is not None and tx.owner.use_code(person.key, code.number, at=now)
        _settle(rt, tx, context, turn=turn, passed=passed)
    return Checked(passed=passed, exhausted=not allowed)


@handles(CheckCode)
def check_code(rt: Runtime, context: TurnContext, request: CheckCode) -> Answer:
    """Compare the one-time code; the comparison and its use are one transaction."""
    sid, turn = context.call.sid, context.turn
    with rt.store.begin() as tx:
        allowed = _reserve(rt, tx, context, "sms_code")
        earlier = tx.proofs.passed(call_sid=sid, turn=turn)
        if earlier is not None:
            return Checked(passed=earlier, exhausted=not allowed)
        code = tx.proofs.code(sid)
        passed = allowed and _code_holds(rt, tx, context, code, request.secret)
        _settle(rt, tx, context, turn=turn, passed=passed)
    return Checked(passed=passed, exhausted=not allowed)


def _settle(rt: Runtime, tx: Transaction, context: TurnContext, *, turn: int, passed: bool) -> None:
    """Write how the try ended."""
    tx.proofs.settle(call_sid=context.call.sid, turn=turn, passed=passed)
    if not passed:
        tell_probing(
            tx,
            account=context.person.key,
            limits=rt.limits,
            call_sid=context.call.sid,
            at=tx.now(),
        )


def _code_holds(
    rt: Runtime, tx: Transaction, context: TurnContext, code: CodeRow | None, secret: str
) -> bool:
    now = tx.now()
    if code is None or code.account != context.person.key or code.used_at is not None:
        return False
    if tx.proofs.count_try(code.id) > rt.limits.tries_per_call:
        return False
    if code_expired(rt.limits, sent_at=code.sent_at, now=now):
        return False
    expected = numeric_code(rt.secret_key, code.id, code.salt)
    return same(expected, secret) and tx.proofs.use_code(code.id, at=now)


@handles(SendCode)
def send_code(rt: Runtime, context: TurnContext, request: SendCode) -> Answer:
    """Order a code by SMS to the registered mobile; a decoy's order goes nowhere."""
    person = context.person
    directory = rt.directories.get(person.directory)
    account = directory.get(person.uid) if directory and person.uid else None
    mobile = account.mobile if account else None
    destination = rt.keyed_hash("phone", mobile or person.key)
    salt = rt.entropy(SALT_BYTES_MIN)
    with rt.store.begin() as tx:
        tx.proofs.lock(person.key)
        now = tx.now()
        if tx.proofs.code_by_id(context.key) is not None:
            return CodeSent(sent=True)
        since = now - rt.limits.account_window
        verdict = may_send_code(
            rt.limits,
            now=now,
            account_sends=tx.proofs.sends(account=person.key, since=since),
            destination_sends=tx.proofs.sends(destination=destination, since=since),
            last_send=tx.proofs.last_send(account=person.key),
            account_failures=tx.proofs.failures(account=person.key, since=since),
            global_failures=tx.proofs.failures_everywhere(since=now - rt.limits.global_window),
            all_sends=tx.proofs.sends(since=since),
        )
        tell_pause(tx, verdict, limits=rt.limits, call_sid=context.call.sid, at=now)
        tell_cap(tx, verdict, limits=rt.limits, at=now)
        reachable = _reachable(rt, account, now=now)
        # Before any factor was passed the answer must not tell who exists.
        told = reachable or not context.session.engine.passed
        if not verdict.allowed or not told:
            too_soon = told and verdict.refusal is Refusal.SEND_TOO_SOON
            return CodeSent(sent=False, too_soon=too_soon, no_mobile=not told)
        tx.proofs.add_code(
            CodeRow(
                id=context.key,
                call_sid=context.call.sid,
                account=person.key,
                destination=destination,
                salt=salt,
                sent_at=now,
                expires_at=now + rt.limits.code_lifetime,
            )
        )
        uid = person.uid if reachable else ""
        tx.outbox.add(
            Job(
                key=f"code:{context.key}",
                kind="sms.code",
                call_sid=context.call.sid,
                payload={"code": context.key, "directory": person.directory, "uid": uid},
            )
        )
    return CodeSent(sent=True)


def _reachable(rt: Runtime, account: Account | None, *, now: datetime) -> bool:
    """Whether a code can reach, and would prove, the owner of the account."""
    if account is None or account.disabled or not is_br_mobile(account.mobile):
        return False
    return not mobile_frozen(rt.policy, changed_at=account.mobile_changed_at, now=now)


def _reserve(rt: Runtime, tx: Transaction, context: TurnContext, factor: str) -> bool:
    """Write the try; False when a limit is reached, which the caller hears as a wrong secret."""
    person, sid, number = context.person, context.call.sid, context.call.caller
    caller = rt.keyed_hash("phone", number) if number else ""
    tx.proofs.lock(person.key)
    now = tx.now()
    verdict = may_prove(
        rt.limits,
        tries_in_call=tx.proofs.tries_in_call(sid, factor),
        account_failures=tx.proofs.failures(
            account=person.key, since=now - rt.limits.account_window
        ),
        global_failures=tx.proofs.failures_everywhere(since=now - rt.limits.global_window),
        caller_failures=tx.proofs.failures_of_caller(
            caller=caller, since=now - rt.limits.caller_window
        )
        if caller
        else 0,
    )
    tell_pause(tx, verdict, limits=rt.limits, call_sid=sid, at=now)
    first = tx.proofs.reserve(
        Attempt(
            call_sid=sid,
            turn=context.turn,
            factor=factor,
            account=person.key,
            caller=caller,
            at=now,
        )
    )
    return verdict.allowed or not first
