"""Figures of a period, and the sums that keep them fast.

Sums are kept by half hour. The worker counts a half hour anew whenever something of it has
changed, and a few of the ones that were counted longest ago besides, so that whatever came in
late (a call that was answered without a database) is counted too. What is not kept is counted
from the raw rows when it is asked for: both ways give the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.metrics import FCR_DAYS
from ivr.domain.metrics_events import BUCKET, bucket_of
from ivr.domain.metrics_tally import Rules, Sums, merge, tally
from ivr.domain.queue_catalogue import QueueCatalogue
from ivr.ports.store import Transaction
from ivr.service.runtime import Runtime

OVERLAP = timedelta(minutes=10)
"""What was committed a little later than its own time is seen by the next round."""
LONGEST_HOURS = 6
"""A call, its waits and its talks are over within so long."""
CHECKED_DAYS = FCR_DAYS + 2
"""Half hours of so many days are counted anew in turn."""
CHECKED_AT_ONCE = 4
BACK_AT_ONCE = 96
"""Half hours of the past that a round fills at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """``[since, until)`` in whole half hours."""

    since: datetime
    until: datetime

    @property
    def before(self) -> Period:
        """The period of the same length just before."""
        return Period(since=self.since - (self.until - self.since), until=self.since)

    def buckets(self) -> list[datetime]:
        """Every half hour of it."""
        count = int((self.until - self.since) / BUCKET)
        return [self.since + number * BUCKET for number in range(count)]


def left_out(queues: QueueCatalogue) -> frozenset[str]:
    """Classes of calls that are no contact, and stand in no figure."""
    return frozenset(word for word, c in queues.classes.items() if not c.counts)


def recount(rt: Runtime, tx: Transaction, period: Period, *, whole: bool = True) -> Sums:
    """The sums of a period from its raw rows. ``whole`` False: only how calls, waits and talks
    ended, quickly."""
    now = tx.now()
    until = min(period.until, now) if period.since < now else period.until
    history = tx.metrics.history(
        period.since, until, left_out=left_out(rt.queues), fcr_days=FCR_DAYS, whole=whole
    )
    return tally(history, rt.metric_rules)


def roll_up(rt: Runtime, buckets: Iterable[datetime]) -> int:
    """Count half hours anew and keep their sums; how many.

    Counting takes no writer's lock, so that no call waits for it. What changes between the count
    and its keeping is counted by the next round.
    """
    done = 0
    for bucket in sorted(set(buckets)):
        with rt.store.begin(write=False) as tx:
            at = tx.now()
            sums = recount(rt, tx, Period(since=bucket, until=bucket + BUCKET))
        with rt.store.begin() as tx:
            tx.metrics.put(bucket, sums, version=rt.metric_rules.version, at=at)
        done += 1
    return done


def sweep_metrics(rt: Runtime) -> int:
    """One round of the worker: what changed, what is missing, what was checked longest ago."""
    with rt.store.begin(write=False) as tx:
        now = tx.now()
        first = tx.metrics.first_start()
        if first is None:
            return 0
        here = bucket_of(now)
        start = max(bucket_of(first), here - timedelta(days=CHECKED_DAYS))
        rolled = tx.metrics.rolled(bucket_of(first), here + BUCKET)
        newest = max((at for _, at in rolled.values()), default=None)
        due = {here}
        if newest is not None:
            since = max(newest - OVERLAP, now - timedelta(hours=LONGEST_HOURS))
            due |= tx.metrics.touched(since, longest_hours=LONGEST_HOURS, fcr_days=FCR_DAYS)
        due |= set(tx.metrics.oldest_rolled(start, limit=CHECKED_AT_ONCE))
        due |= {b for b, (_, at) in rolled.items() if at < b + BUCKET}
        due |= set(_missing(rt.metric_rules, rolled, bucket_of(first), here))
    return roll_up(rt, due)


def _missing(
    rules: Rules,
    known: Mapping[datetime, tuple[str, datetime]],
    first: datetime,
    here: datetime,
) -> list[datetime]:
    """Half hours without sums of these rules, the newest first."""
    found: list[datetime] = []
    at = here
    while at >= first and len(found) < BACK_AT_ONCE:
        kept = known.get(at)
        if kept is None or kept[0] != rules.version:
            found.append(at)
        at -= BUCKET
    return found


def sums_of(rt: Runtime, tx: Transaction, period: Period) -> Sums:
    """The sums of a period: kept ones, and the raw rows of what is not kept."""
    rules = rt.metric_rules
    parts = [tx.metrics.sums(period.since, period.until, version=rules.version)]
    parts += [recount(rt, tx, gap) for gap in gaps(rt, tx, period)]
    return merge(parts)


def series_of(
    rt: Runtime, tx: Transaction, period: Period, measures: tuple[str, ...]
) -> dict[datetime, Sums]:
    """Sums of some measures by half hour; a half hour without any has no entry."""
    found = dict(
        tx.metrics.series(
            period.since, period.until, version=rt.metric_rules.version, measures=measures
        )
    )
    for gap in gaps(rt, tx, period):
        for bucket in gap.buckets():
            sums = recount(rt, tx, Period(since=bucket, until=bucket + BUCKET))
            kept = {at: value for at, value in sums.items() if at[0] in measures}
            if kept:
                found[bucket] = kept
    return found


def gaps(rt: Runtime, tx: Transaction, period: Period) -> list[Period]:
    """The parts of a period, up to now, of which no sums are kept."""
    now, first = tx.now(), tx.metrics.first_start()
    if first is None:
        return []
    since = max(period.since, bucket_of(first))
    until = min(period.until, bucket_of(now) + BUCKET)
    if since >= until:
        return []
    rolled = tx.metrics.rolled(since, until)
    found: list[Period] = []
    for bucket in Period(since=since, until=until).buckets():
        if rolled.get(bucket, ("", now))[0] == rt.metric_rules.version:
            continue
        if found and found[-1].until == bucket:
            found[-1] = Period(since=found[-1].since, until=bucket + BUCKET)
        else:
            found.append(Period(since=bucket, until=bucket + BUCKET))
    return found
