"""The registry of effects and the rules of retrying."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from ivr.ports.errors import PortError
from ivr.ports.store import Job, StoreUnavailableError, Transaction
from ivr.service.left_behind import give_to_a_person
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.worker")

LEASE = timedelta(seconds=60)
"""How long a worker may take over one job before another may take it."""
LONG_LEASE = timedelta(minutes=15)
"""The same for the lane ``speech``."""
GIVE_UP_AFTER = timedelta(hours=4)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The job is over. ``also`` is written in the same transaction as its end."""

    outcome: Mapping[str, Any]
    failed: bool = False
    also: tuple[Callable[[Transaction], Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not now: another try after a pause."""

    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


Effect = Callable[[Runtime, Job], Settled | Later]
EFFECTS: dict[str, Effect] = {}


def effect(kind: str) -> Callable[[Effect], Effect]:
    """Register the effect of a kind of job."""

    def register(deed: Effect) -> Effect:
        EFFECTS[kind] = deed
        return deed

    return register


def run_job(rt: Runtime, job: Job) -> bool:
    """Carry a leased job out and settle it. True when it is over, False when it waits again."""
    deed = EFFECTS.get(job.kind)
    result: Settled | Later
    if deed is None:
        result = Settled(outcome={"outcome": "refused", "reason": "unknown kind"}, failed=True)
    else:
        try:
            result = deed(rt, job)
        except PortError as error:
            permanent = error.permanent and not error.unknown_outcome
            result = (
                Settled(outcome={"outcome": "refused", "reason": error.reason}, failed=True)
                if permanent
                else Later(reason=error.reason)
            )
        except StoreUnavailableError:
            raise
        except Exception as error:
            # A defect in one job must not keep the others waiting. The text of an unforeseen
            # error may hold anything, so only its type and the lines of code are told.
            name = type(error).__name__
            where = traceback.format_tb(error.__traceback__)[-4:]
            log.error("job failed", kind=job.kind, error=name, where=where)
            result = Later(reason=f"defect {name}")
    with rt.store.begin() as tx:
        now = tx.now()
        if isinstance(result, Later) and not _too_old(job, now):
            tx.outbox.settle(
                job.key,
                state="queued",
                outcome={"reason": result.reason},
                run_at=now + _pause(job.attempts),
            )
            return False
        if isinstance(result, Later):
            result = Settled(outcome={"outcome": "refused", "reason": result.reason}, failed=True)
        tx.outbox.settle(
            job.key, state="failed" if result.failed else "done", outcome=result.outcome
        )
        for write in result.also:
            write(tx)
        if result.failed:
            give_to_a_person(tx, job)
    return True


def _too_old(job: Job, now: datetime) -> bool:
    return job.created_at is not None and now - job.created_at > GIVE_UP_AFTER


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** min(attempts, 10)
    return min(doubled, LONGEST_RETRY)
