"""An agent's own day: talks, their mean length, ratings, queues, callbacks, last contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.domain.local_time import at_local, local_date
from ivr.ports.desk_views import DayTalk, QueueNow
from ivr.ports.store import Transaction
from ivr.service.desk.callback_lists import counts_of

RECENT = 10
RECENT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MyDay:
    """``handling``: mean seconds of talk, hold and wrap-up of the finished talks, None without
    one. ``rating``: mean of ``ratings`` ratings, None without one. ``queues``: the agent's, the
    empty ones too. ``callbacks``: how many wait, by list. ``recent``: last contacts of the last
    days, newest first."""

    answered: int = 0
    declined: int = 0
    missed: int = 0
    handling: int | None = None
    rating: float | None = None
    ratings: int = 0
    queues: tuple[QueueNow, ...] = ()
    callbacks: Mapping[str, int] = field(default_factory=dict)
    recent: tuple[DayTalk, ...] = ()
    last_at: datetime | None = None

    @property
    def waiting(self) -> int:
        """Callers who wait in the agent's queues."""
        return sum(queue.waiting for queue in self.queues)

    @property
    def oldest(self) -> datetime | None:
        """Start of the longest wait in them."""
        return min((q.oldest for q in self.queues if q.oldest), default=None)


def my_day_in(tx: Transaction, *, agent: str, skills: Sequence[str]) -> MyDay:
    """The day since local midnight, inside a transaction."""
    now = tx.now()
    midnight = at_local(local_date(now), datetime.min.time())
    recent = tx.desk_views.talks(agent, since=now - timedelta(days=RECENT_DAYS))
    today = [talk for talk in recent if talk.started_at >= midnight]
    offers = tx.desk_views.offers_by_state(agent, since=midnight)
    lengths = [seconds for talk in today if (seconds := _handled(talk)) is not None]
    ratings = [talk.rating for talk in today if talk.rating is not None]
    return MyDay(
        answered=len(today),
        declined=offers.get("declined", 0),
        missed=offers.get("expired", 0),
        handling=round(sum(lengths) / len(lengths)) if lengths else None,
        rating=sum(ratings) / len(ratings) if ratings else None,
        ratings=len(ratings),
        queues=queues_of(tx, skills),
        callbacks=counts_of(tx),
        recent=tuple(recent[:RECENT]),
        last_at=recent[0].started_at if recent else None,
    )


def strip_in(tx: Transaction, *, skills: Sequence[str]) -> MyDay:
    """Only what moves while nothing happens to the agent: queues and callbacks."""
    return MyDay(queues=queues_of(tx, skills), callbacks=counts_of(tx))


def queues_of(tx: Transaction, skills: Sequence[str]) -> tuple[QueueNow, ...]:
    """The agent's queues now, the empty ones too."""
    waiting = {queue.queue: queue for queue in tx.desk_views.queues()}
    return tuple(waiting.get(name, QueueNow(queue=name)) for name in skills)


def _handled(talk: DayTalk) -> float | None:
    end = talk.wrapped_at or talk.ended_at
    return None if end is None else (end - talk.started_at).total_seconds()
