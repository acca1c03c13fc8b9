"""The worker's loop: jobs of the outbox, and now and then the sweeps."""

from __future__ import annotations

from datetime import timedelta

from ivr.ports.errors import PortError
from ivr.service.effects import run_job
from ivr.service.effects.registry import LEASE
from ivr.service.ending import end_call
from ivr.service.offline import import_offline_calls
from ivr.service.runtime import Runtime

QUIET = timedelta(minutes=5)
"""Age from which a live call is compared with the carrier's own record."""
LONGEST_CALL = timedelta(hours=5)
"""The carrier ends a call after four hours: older ones only lost their last callback."""


def work_once(rt: Runtime) -> bool:
    """Do the next due job. False when there is none."""
    with rt.store.begin() as tx:
        now = tx.now()
        job = tx.outbox.claim(now=now, lease_until=now + LEASE)
    if job is None:
        return False
    run_job(rt, job)
    return True


def drain(rt: Runtime, *, limit: int = 1000) -> int:
    """Do due jobs until none is left; their number."""
    for done in range(limit):
        if not work_once(rt):
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
    return closed
