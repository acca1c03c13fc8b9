"""Several resets ordered at once, one job for each system.

A job of kind :data:`GROUP` stands for all of them: its payload tells the job of each service
(``parts``) and what was refused from the start (``refused``). It is over when all of them are,
and only then is the ticket told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from ivr.flow.events import RequestDone
from ivr.flow.requests import JobDone, JobOutcome
from ivr.ports.store import Job, LinkRow, Transaction
from ivr.service.jobs_awaited import PENDING, event_of_job
from ivr.service.link_tokens import link_job
from ivr.service.runtime import Runtime

GROUP = "directory.systems"


def outcomes_of(rt: Runtime, group: Job, services: Iterable[str]) -> tuple[JobOutcome, ...]:
    """How each service stands: ``later`` while its job, or the message with its link, waits."""
    parts = _texts(group, "parts")
    refused = _texts(group, "refused")
    return tuple(
        _outcome(rt, parts[service])
        if service in parts
        else cast(JobOutcome, refused.get(service, "not_found"))
        for service in services
    )


def services_of(group: Job) -> tuple[str, ...]:
    """Services of a group, in the order in which they are told."""
    return (*_texts(group, "parts"), *_texts(group, "refused"))


def others_wait(tx: Transaction, link: LinkRow) -> bool:
    """Whether another system of the same order still waits for its job or for its owner.

    Holds the order until the transaction ends, so that of two links the later one knows.
    """
    own = tx.outbox.get(link.job) if link.job else None
    group = tx.outbox.get(str(own.payload.get("group", ""))) if own else None
    if group is None:
        return False
    tx.proofs.lock(group.key)
    others = (key for key in _texts(group, "parts").values() if key != link.job)
    return bool(_texts(group, "refused")) or any(_waits(tx, key) for key in others)


def links_wait(tx: Transaction, group: Job) -> bool:
    """Whether an owner has not chosen a password yet."""
    return any(_waits(tx, key) for key in _texts(group, "parts").values())


def _waits(tx: Transaction, key: str) -> bool:
    job, message = tx.outbox.get(key), tx.outbox.get(link_job(key))
    if job is None or job.state in PENDING or job.outcome.get("outcome") != "done":
        return True
    link = tx.resets.link(str(message.payload["link"])) if message else None
    return link is not None and link.used_at is None


def _outcome(rt: Runtime, key: str) -> JobOutcome:
    event = event_of_job(rt, key)
    answer = event.answer if isinstance(event, RequestDone) else None
    return answer.outcome if isinstance(answer, JobDone) else "later"


def _texts(group: Job, name: str) -> Mapping[str, str]:
    return cast(Mapping[str, str], group.payload[name])
