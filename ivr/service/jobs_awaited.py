"""What an awaited job has come to, as an event of the engine."""

from __future__ import annotations

from typing import cast

from ivr.flow.events import Event, RequestDone
from ivr.flow.requests import JobDone, JobOutcome
from ivr.service.runtime import Runtime


def event_of_job(rt: Runtime, key: str) -> Event | None:
    """The answer of a job that is settled, None while it is not."""
    with rt.store.begin(write=False) as tx:
        job = tx.outbox.get(key)
    if job is None or job.state in ("queued", "running"):
        return None
    fallback = "done" if job.state == "done" else "refused"
    outcome = cast(JobOutcome, str(job.outcome.get("outcome", fallback)))
    return RequestDone(answer=JobDone(outcome=outcome, job=key))
