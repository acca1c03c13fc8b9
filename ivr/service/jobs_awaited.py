"""What an awaited job has come to, as an event of the engine."""

from __future__ import annotations

from typing import cast

from ivr.flow.events import Event, RequestDone
from ivr.flow.requests import JobDone, JobOutcome
from ivr.service.link_tokens import link_job
from ivr.service.runtime import Runtime

PENDING = ("queued", "running")


def event_of_job(rt: Runtime, key: str) -> Event | None:
    """The answer of a job that is settled, None while it is not.

    A reset by link is done when the provider took the message: only then may the caller hear so.
    """
    with rt.store.begin(write=False) as tx:
        job = tx.outbox.get(key)
        message = tx.outbox.get(link_job(key))
    if job is None or job.state in PENDING:
        return None
    if message is not None and message.state in PENDING:
        return None
    if message is not None and message.outcome.get("outcome") != "sent":
        return RequestDone(answer=JobDone(outcome="refused", job=key))
    fallback = "done" if job.state == "done" else "refused"
    outcome = cast(JobOutcome, str(job.outcome.get("outcome", fallback)))
    return RequestDone(answer=JobDone(outcome=outcome, job=key))
