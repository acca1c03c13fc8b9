"""The worker's loop: jobs of the outbox, and now and then the sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ivr.ports.errors import PortError
from ivr.ports.store import Lane
from ivr.service.admin_calendar import watch_calendar
from ivr.service.blocked import forget_ended
from ivr.service.board_alerts import watch
from ivr.service.desk.unserved import forget_old_numbers
from ivr.service.effects import run_job
from ivr.service.effects.registry import LEASE, LONG_LEASE
from ivr.service.ending import end_call
from ivr.service.fetching import order_forgotten
from ivr.service.metrics import sweep_metrics
from ivr.service.offline import import_offline_calls
from ivr.service.retention import keep_daily
from ivr.service.runtime import Runtime
from ivr.service.transcripts import order_wanting

QUIET = timedelta(minutes=5)
"""Age from which a live call is compared with the carrier's own record."""
CHANGES_KEPT = timedelta(hours=1)
"""Told changes stay so long: a browser that was away reads everything anew, whatever was told."""
LONGEST_CALL = timedelta(hours=5)
"""The carrier ends a call after four hours: older ones only lost their last callback."""


def work_once(rt: Runtime, *, lane: Lane = "calls") -> bool:
    """Do the next due job of a lane. False when there is none."""
    with rt.store.begin() as tx:
        now = tx.now()
        lease = LONG_LEASE if lane == "speech" else LEASE
        job = tx.outbox.claim(now=now, lease_until=now + lease, lane=lane)
    if job is None:
        return False
    run_job(rt, job)
    return True


LANES: tuple[Lane, ...] = ("desk", "calls", "speech")


def drain(rt: Runtime, *, limit: int = 1000, lanes: Sequence[Lane] = LANES) -> int:
    """Do due jobs until none is left; their number."""
    for done in range(limit):
        if not any(work_once(rt, lane=lane) for lane in lanes):
            return done
    return limit


def sweep(rt: Runtime) -> int:
    """Close calls whose last callback never came; bring in calls answered without database."""
    closed = 0
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        old = tx.calls.live(started_before=now - QUIET)
        ancient = set(tx.calls.live(started_before=now - LONGEST_CALL))
    for sid in old:
        try:
            known = rt.telephony.fetch_call(sid)
        except PortError:
            if sid not in ancient:
                continue
            known = None
        over = sid in ancient or (known is not None and known.ended)
        if over and end_call(rt, sid=sid, by="sweep"):
            closed += 1
    import_offline_calls(rt)
    forget_changes(rt)
    watch(rt)
    watch_calendar(rt)
    forget_ended(rt)
    sweep_metrics(rt)
    keep_daily(rt)
    order_forgotten(rt)
    order_wanting(rt)
    with rt.store.begin() as tx:
        forget_old_numbers(tx)
    return closed


def forget_changes(rt: Runtime) -> int:
    """Delete told changes that nobody reads any more; how many."""
    with rt.store.begin() as tx:
        return tx.changes.prune(before=tx.now() - CHANGES_KEPT)
