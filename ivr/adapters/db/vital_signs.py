"""Figures that tell whether the service is well, by indexes where tables grow large."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Date, bindparam, func, select

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, upsert
from ivr.adapters.db.tables_desk import presence
from ivr.adapters.db.tables_privacy import heartbeats
from ivr.domain.local_time import local_date
from ivr.ports.vital_signs import VitalSigns

LATELY = timedelta(minutes=15)

_c, _t, _o, _q = tables.calls.c, tables.tickets.c, tables.outbox.c, tables.queue_entries.c
_since = bindparam("since", type_=UtcDateTime)
_now = bindparam("now", type_=UtcDateTime)

_BEAT = upsert(
    heartbeats,
    lambda made: made.values(name=bindparam("name"), at=bindparam("at")).on_conflict_do_update(
        index_elements=["name"], set_={"at": made.excluded.at}
    ),
)
_BEATS = Statement(select(func.max(heartbeats.c.at, type_=UtcDateTime)))
_LIVE = Statement(select(func.count()).where(_c.ended_at.is_(None)))
_OPEN = Statement(select(func.count()).where(_t.status != "closed", _t.merged_into == ""))
_LATE = Statement(
    select(func.count()).where(
        _t.status != "closed",
        _t.merged_into == "",
        _t.due_business < bindparam("today", type_=Date),
    )
)
_JOBS = Statement(select(_o.state, func.count()).group_by(_o.state))
_OLDEST = Statement(
    select(func.min(_o.run_at, type_=UtcDateTime)).where(_o.settled_at.is_(None), _o.run_at <= _now)
)
_RETRYING = Statement(
    select(func.count()).where(_o.settled_at.is_(None), _o.state == "queued", _o.attempts > 0)
)
_FAILED = Statement(select(func.count()).where(_o.state == "failed", _o.settled_at >= _since))
_WAITING = Statement(
    select(_q.queue, func.count(), func.min(_q.entered_at, type_=UtcDateTime))
    .where(_q.left_at.is_(None))
    .group_by(_q.queue)
)
_AGENTS = Statement(select(presence.c.state, func.count()).group_by(presence.c.state))


class SqlVitals:
    """:class:`ivr.ports.vital_signs.Vitals`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def beat(self, name: str, *, at: datetime) -> None:
        self._driver.change(_BEAT, {"name": name, "at": at})

    def signs(self, *, now: datetime) -> VitalSigns:
        seen: datetime | None = self._driver.value(_BEATS, {})
        oldest: datetime | None = self._driver.value(_OLDEST, {"now": now})
        return VitalSigns(
            live_calls=self._count(_LIVE),
            open_tickets=self._count(_OPEN),
            late_tickets=self._count(_LATE, today=local_date(now)),
            jobs=dict(self._driver.rows(_JOBS, {})),
            oldest_job=_age(oldest, now) or 0.0,
            retrying=self._count(_RETRYING),
            failed_lately=self._count(_FAILED, since=now - LATELY),
            waiting={
                queue: (count, _age(since, now) or 0.0)
                for queue, count, since in self._driver.rows(_WAITING, {})
            },
            agents=dict(self._driver.rows(_AGENTS, {})),
            worker_age=_age(seen, now),
        )

    def _count(self, statement: Statement, **given: Any) -> int:
        return int(self._driver.value(statement, given))


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())
