"""When the people of a queue answer."""

from __future__ import annotations

from ivr.domain.hours import ServiceHours
from ivr.service.runtime import Runtime


def hours_of(rt: Runtime, queue: str) -> ServiceHours:
    """The queue's own hours within the desk's; the desk's for a queue without any."""
    week = rt.queues.queue(queue).week
    return rt.hours if week is None else rt.hours.within(week)
