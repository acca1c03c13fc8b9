"""When to try again after somebody who was called back did not answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from ivr.domain.hours import ServiceHours
from ivr.domain.local_time import local_date

PAUSES = (timedelta(minutes=15), timedelta(hours=2))
"""After the first and the second try; the third try waits for the next business morning."""
MOST_TRIES = len(PAUSES) + 2


def next_try(tries: int, now: datetime, hours: ServiceHours) -> datetime | None:
    """Time of the next try after ``tries`` tries in vain, always while the desk is open.

    None when there is none. Raises ValueError on a ``now`` without time zone.
    """
    if tries >= MOST_TRIES:
        return None
    if tries <= len(PAUSES):
        return when_open(now + PAUSES[max(tries, 1) - 1], hours)
    return next_morning(now, hours)


def when_open(at: datetime, hours: ServiceHours) -> datetime:
    """``at`` itself when the desk is open then, else the next opening."""
    return hours.status(at).reopens_at or at


def next_morning(now: datetime, hours: ServiceHours) -> datetime:
    """The next opening on a later day than that of ``now``."""
    at = now
    while True:
        status = hours.status(at)
        found = status.reopens_at
        if found is not None and local_date(found) > local_date(now):
            return found
        step = status.closes_at or found
        at = step if step is not None else at + timedelta(days=1)
