"""Effects that wait for a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    bindparam,
    func,
    not_,
    or_,
    select,
    update,
)

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.ports.store import Job, JobState, Lane

_o = tables.outbox.c
_JOB = (
    _o.key, _o.kind, _o.call_sid, _o.payload, _o.state, _o.attempts, _o.run_at, _o.created_at,
    _o.outcome,
)  # fmt: skip

_SETTLED = ("done", "failed")

_ADD = insert_once(tables.outbox)
_GET = Statement(select(*_JOB).where(_o.key == bindparam("asked")))

_now = bindparam("now", type_=UtcDateTime)
_OF_THE_DESK = _o.kind.like("desk.%")
_OF_SPEECH = _o.kind.like("speech.%")


def _claim(lane: ColumnElement[bool]) -> Statement:
    """SQLite leaves FOR UPDATE out: its transaction holds the writer's lock already."""
    next_due = (
        select(_o.key)
        .where(
            lane,
            _o.settled_at.is_(None),
            _o.run_at <= _now,
            or_(_o.lease_until.is_(None), _o.lease_until <= _now),
        )
        .order_by(_o.run_at, _o.created_at, _o.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return Statement(
        update(tables.outbox)
        .where(_o.key == next_due.scalar_subquery())
        .values(state="running", attempts=_o.attempts + 1, lease_until=bindparam("new_lease"))
        .returning(*_JOB)
    )


_CLAIM: Mapping[Lane, Statement] = {
    "calls": _claim(not_(or_(_OF_THE_DESK, _OF_SPEECH))),
    "desk": _claim(_OF_THE_DESK),
    "speech": _claim(_OF_SPEECH),
}

_SETTLE = Statement(
    update(tables.outbox)
    .where(_o.key == bindparam("asked"), _o.settled_at.is_(None))
    .values(
        state=bindparam("new_state"),
        outcome=bindparam("new_outcome"),
        run_at=func.coalesce(bindparam("new_run_at", type_=UtcDateTime), _o.run_at),
        lease_until=None,
        settled_at=bindparam("at"),
    )
)

_COUNTS = Statement(select(_o.state, func.count()).group_by(_o.state))


class SqlOutbox:
    """:class:`ivr.ports.store.Outbox`. A job is due at ``run_at``; a running one whose lease
    ended is due again."""

    __slots__ = ("_driver", "_now")

    def __init__(self, driver: Driver, *, now: Callable[[], datetime]) -> None:
        self._driver = driver
        self._now = now

    def add(self, job: Job) -> bool:
        """As in the port. Times left out are the transaction's time."""
        created_at = job.created_at or self._now()
        written = self._driver.change(
            _ADD,
            {
                "key": job.key,
                "kind": job.kind,
                "call_sid": job.call_sid,
                "payload": job.payload,
                "state": job.state,
                "attempts": job.attempts,
                "run_at": job.run_at or created_at,
                "lease_until": None,
                "settled_at": created_at if job.state in _SETTLED else None,
                "created_at": created_at,
                "outcome": job.outcome,
            },
        )
        return written == 1

    def get(self, key: str) -> Job | None:
        return _job(self._driver.record(_GET, {"asked": key}))

    def claim(self, *, now: datetime, lease_until: datetime, lane: Lane = "calls") -> Job | None:
        """As in the port: oldest ``run_at`` first; the try is counted here."""
        return _job(self._driver.record(_CLAIM[lane], {"now": now, "new_lease": lease_until}))

    def settle(
        self,
        key: str,
        *,
        state: JobState,
        outcome: Mapping[str, Any],
        run_at: datetime | None = None,
    ) -> None:
        """As in the port. A job that is done or has failed stays as it is."""
        at = self._now() if state in _SETTLED else None
        self._driver.change(
            _SETTLE,
            {
                "asked": key,
                "new_state": state,
                "new_outcome": outcome,
                "new_run_at": run_at,
                "at": at,
            },
        )

    def counts(self) -> Mapping[str, int]:
        """As in the port, every state named."""
        counted: dict[str, int] = dict.fromkeys(get_args(JobState), 0)
        counted.update((state, number) for state, number in self._driver.rows(_COUNTS, {}))
        return counted


def _job(row: dict[str, Any] | None) -> Job | None:
    return None if row is None else Job(**row)
