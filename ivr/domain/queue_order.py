"""Who is next, and how long the others must expect to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

USUAL_WAIT = 180.0
"""Seconds told while nothing was measured yet."""
AT_ONCE = 30.0
"""Seconds told to whom a free agent is about to be given."""


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Place in the queue; the smaller is sooner. Priority by law first, then the start of the
    wait (kept over callbacks, transfers and requeues), then the order of entering."""

    behind: int
    """Priority, negated."""
    since: datetime
    number: int


def rank(*, priority: int, since: datetime, number: int) -> Rank:
    """The rank of an entry: a greater ``priority`` is sooner."""
    return Rank(-priority, since, number)


def wait_to_expect(
    position: int,
    *,
    working: int,
    free: int,
    handling: float | None,
    mean_wait: float | None,
) -> float:
    """Seconds that the caller at ``position`` (1: next) should expect.

    ``working``: agents of the queue who are there, free or busy, not paused; ``free``: of those,
    who could take a call now. ``handling``: mean seconds of talk and wrap-up. ``mean_wait``: mean
    seconds of the waits that ended with an answer. With agents and a measured handling time, one
    call ends every ``handling / working`` seconds; else the recent waits must do.
    """
    place = max(position, 1)
    if free >= place:
        return AT_ONCE
    if working > 0 and handling is not None:
        return max(AT_ONCE, handling * (place - free) / working)
    return (USUAL_WAIT if mean_wait is None else mean_wait) * place / 2
