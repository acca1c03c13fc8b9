"""Alarms of failed proofs and of messages: everybody's failures pause self-service, one account is
felt out over several calls, more codes go out in a day than a day can need."""

from __future__ import annotations

from datetime import datetime

import structlog

from ivr.domain.limits import Limits, Refusal, Verdict
from ivr.ports.alarms import Alarm
from ivr.ports.store import Transaction
from ivr.service.journal import note

PAUSED = "self_service_paused"
PROBED = "account_probed"
CAPPED = "code_sends_capped"
PROBING_FAILURES = 3
PROBING_CALLS = 2
"""Somebody who mistypes does so in one call; who tries what may fit calls again."""

log = structlog.get_logger("ivr.alarm")


def tell_pause(
    tx: Transaction, verdict: Verdict, *, limits: Limits, call_sid: str, at: datetime
) -> None:
    """Raise the alarm of a pause, once in each window: a row, a journal line, an error log.

    The line is in the journal of the call that met the pause first.
    """
    if verdict.refusal is not Refusal.PAUSED:
        return
    window = int(at.timestamp() // limits.global_window.total_seconds())
    if tx.alarms.raise_once(Alarm(key=f"{PAUSED}:{window}", kind=PAUSED, at=at)):
        note(tx, call_sid, "alarm.self_service_paused", failures=limits.global_failures)
        log.error("self-service is paused", failures=limits.global_failures)


def tell_cap(tx: Transaction, verdict: Verdict, *, limits: Limits, at: datetime) -> None:
    """Raise the alarm of the day's last code, once a day."""
    if verdict.refusal is not Refusal.ALL_SENDS:
        return
    if tx.alarms.raise_once(Alarm(key=f"{CAPPED}:{at:%Y-%m-%d}", kind=CAPPED, at=at)):
        log.error("no more codes today", sends=limits.all_sends)


def tell_probing(
    tx: Transaction, *, account: str, limits: Limits, call_sid: str, at: datetime
) -> None:
    """Raise the alarm of an account that is felt out, after a failed proof; once an account and
    day. ``account``: keyed hash, of an unknown number too, so that the work is the same."""
    since = at - limits.account_window
    failures = tx.proofs.failures(account=account, since=since)
    if failures < PROBING_FAILURES:
        return
    calls = tx.proofs.failing_calls(account=account, since=since)
    if calls < PROBING_CALLS:
        return
    key = f"{PROBED}:{account[:16]}:{at:%Y-%m-%d}"
    if tx.alarms.raise_once(Alarm(key=key, kind=PROBED, at=at)):
        note(tx, call_sid, "alarm.account_probed", failures=failures, calls=calls)
        log.error("an account is felt out over several calls", call=call_sid, calls=calls)
