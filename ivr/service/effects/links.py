"""What a page of a one-time link left to be finished."""

from __future__ import annotations

from ivr.ports.store import Job
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.links import SETTLE_JOB, settle_link
from ivr.service.runtime import Runtime


@effect(SETTLE_JOB)
def settle(rt: Runtime, job: Job) -> Settled | Later:
    """Bring a submit whose process died to its end, if it had reached the directory."""
    written = settle_link(rt, str(job.payload["link"]))
    return Settled(outcome={"outcome": "written" if written else "nothing"})
