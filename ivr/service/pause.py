"""The alarm when too many failed proofs of everybody pause self-service."""

from __future__ import annotations

from datetime import datetime

import structlog

from ivr.domain.limits import Limits, Refusal, Verdict
from ivr.ports.alarms import Alarm
from ivr.ports.store import Transaction
from ivr.service.journal import note

PAUSED = "self_service_paused"

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
