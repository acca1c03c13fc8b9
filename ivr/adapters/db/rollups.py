"""Kept sums of figures by half hour, and what is counted as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, case, delete, func, select

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.metrics import SqlMetricRows
from ivr.adapters.db.statement import ROW_ID, Statement, insert, upsert
from ivr.adapters.db.tables_metrics import metric_buckets, metric_rollups
from ivr.domain.metrics_tally import Sums
from ivr.ports.metrics import NodeNow, OpenTickets
from ivr.ports.queues import QueueRow

_b = metric_buckets.c
_r = metric_rollups.c
_c = tables.calls.c
_j = tables.journal.c
_t = tables.tickets.c
_since = bindparam("since", type_=UtcDateTime)
_until = bindparam("until", type_=UtcDateTime)

_ROLLED = Statement(
    select(_b.bucket, _b.version, _b.rolled_at).where(_b.bucket >= _since, _b.bucket < _until)
)
_OLDEST = Statement(
    select(_b.bucket)
    .where(_b.bucket >= _since)
    .order_by(_b.rolled_at, _b.bucket)
    .limit(bindparam("most"))
)
_BUCKET = upsert(
    metric_buckets,
    lambda insert: insert.values(
        bucket=bindparam("bucket"), version=bindparam("version"), rolled_at=bindparam("rolled_at")
    ).on_conflict_do_update(
        index_elements=[_b.bucket],
        set_={"version": bindparam("version"), "rolled_at": bindparam("rolled_at")},
    ),
)
_EMPTY = Statement(delete(metric_rollups).where(_r.bucket == bindparam("asked", type_=UtcDateTime)))
_ADD = insert(metric_rollups)
_OF_VERSION = metric_rollups.join(
    metric_buckets, and_(_b.bucket == _r.bucket, _b.version == bindparam("version"))
)
_SUMS = Statement(
    select(_r.measure, _r.key, func.sum(_r.n), func.sum(_r.total))
    .select_from(_OF_VERSION)
    .where(_r.bucket >= _since, _r.bucket < _until)
    .group_by(_r.measure, _r.key)
)
_SERIES = Statement(
    select(_r.bucket, _r.measure, _r.key, _r.n, _r.total)
    .select_from(_OF_VERSION)
    .where(_r.bucket >= _since, _r.bucket < _until, _r.measure == bindparam("measure"))
    .order_by(_r.bucket)
)
_today: BindParameter[date] = bindparam("today")
_soon: BindParameter[date] = bindparam("soon")
_OPEN = Statement(
    select(
        func.count(),
        func.coalesce(func.sum(case((_t.due_business < _today, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_t.due_calendar < _today, 1), else_=0)), 0),
        func.coalesce(
            func.sum(case((and_(_t.due_business >= _today, _t.due_business <= _soon), 1), else_=0)),
            0,
        ),
    ).where(_t.closed_at.is_(None), _t.status != "closed", _t.merged_into == "")
)
_last = (
    select(func.max(_j.row_id).label("row_id"))
    .select_from(tables.calls.join(tables.journal, _j.call_sid == _c.sid))
    .where(_c.ended_at.is_(None), _j.flow != "")
    .group_by(_c.sid)
    .subquery()
)
_NODES = Statement(
    select(_j.flow, _j.node, func.count())
    .select_from(tables.journal.join(_last, _last.c.row_id == _j.row_id))
    .group_by(_j.flow, _j.node)
    .order_by(func.count().desc(), _j.flow, _j.node)
)
_FAULTS = Statement(
    select(_j.kind, func.count())
    .select_from(tables.calls.join(tables.journal, _j.call_sid == _c.sid))
    .where(
        _c.started_at >= bindparam("started", type_=UtcDateTime),
        _j.at >= _since,
        _j.kind.like("fault.%") | (_j.kind == "request.failed"),
    )
    .group_by(_j.kind)
    .order_by(_j.kind)
)
_PROOFS = Statement(
    select(func.count())
    .select_from(tables.attempts)
    .where(tables.attempts.c.at >= _since, tables.attempts.c.passed.is_(False))
)
_RESETS = Statement(
    select(func.count()).select_from(tables.resets).where(tables.resets.c.at >= _since)
)
_RATINGS = Statement(
    select(func.count(), func.coalesce(func.sum(_t.rating), 0)).where(
        _t.opened_at >= _since, _t.rating.is_not(None)
    )
)
_q = tables.queue_entries.c
_WAITING = Statement(
    select(
        *(column for column in _q if column.name != ROW_ID),
        _q.row_id.label("number"),
        func.coalesce(_c.protocol, "").label("protocol"),
    )
    .select_from(tables.queue_entries.outerjoin(tables.calls, _c.sid == _q.call_sid))
    .where(_q.queue == bindparam("asked"), _q.left_at.is_(None))
    .order_by(-_q.priority, func.coalesce(_q.ranked_at, _q.entered_at), _q.row_id)
    .limit(bindparam("most"))
)


class SqlMetrics(SqlMetricRows):
    """:class:`ivr.ports.metrics.Metrics`."""

    __slots__ = ()

    def rolled(self, since: datetime, until: datetime) -> Mapping[datetime, tuple[str, datetime]]:
        rows = self._driver.rows(_ROLLED, {"since": since, "until": until})
        return {bucket: (version, at) for bucket, version, at in rows}

    def oldest_rolled(self, since: datetime, *, limit: int) -> list[datetime]:
        return [at for (at,) in self._driver.rows(_OLDEST, {"since": since, "most": limit})]

    def put(self, bucket: datetime, sums: Sums, *, version: str, at: datetime) -> None:
        """As in the port. The half hour's own row comes first and orders two writers."""
        self._driver.change(_BUCKET, {"bucket": bucket, "version": version, "rolled_at": at})
        self._driver.change(_EMPTY, {"asked": bucket})
        rows: list[dict[str, Any]] = [
            {"bucket": bucket, "measure": measure, "key": key, "n": n, "total": total}
            for (measure, key), (n, total) in sorted(sums.items())
        ]
        if rows:
            self._driver.change_each(_ADD, rows)

    def sums(self, since: datetime, until: datetime, *, version: str) -> Sums:
        given = {"since": since, "until": until, "version": version}
        return {
            (measure, key): (int(n), int(total))
            for measure, key, n, total in self._driver.rows(_SUMS, given)
        }

    def series(
        self, since: datetime, until: datetime, *, version: str, measures: Sequence[str]
    ) -> Mapping[datetime, Sums]:
        found: dict[datetime, Sums] = {}
        for measure in measures:
            given = {"since": since, "until": until, "version": version, "measure": measure}
            for bucket, name, key, n, total in self._driver.rows(_SERIES, given):
                found.setdefault(bucket, {})[(name, key)] = (int(n), int(total))
        return found

    def open_tickets(self, today: date, *, soon: date) -> OpenTickets:
        row = self._driver.row(_OPEN, {"today": today, "soon": soon})
        assert row is not None
        return OpenTickets(
            open=int(row[0]),
            late_business=int(row[1]),
            late_calendar=int(row[2]),
            soon=int(row[3]),
        )

    def nodes_now(self) -> Sequence[NodeNow]:
        rows = self._driver.rows(_NODES, {})
        return [NodeNow(node=f"{flow}.{node}", calls=int(n)) for flow, node, n in rows]

    def faults_since(self, at: datetime, *, started: datetime) -> Mapping[str, int]:
        rows = self._driver.rows(_FAULTS, {"since": at, "started": started})
        return {str(kind): int(n) for kind, n in rows}

    def ratings_since(self, at: datetime) -> tuple[int, int]:
        row = self._driver.row(_RATINGS, {"since": at})
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def waiting(self, queue: str, *, limit: int) -> Sequence[QueueRow]:
        rows = self._driver.records(_WAITING, {"asked": queue, "most": limit})
        return [QueueRow(**row) for row in rows]

    def failed_proofs_since(self, at: datetime) -> int:
        return int(self._driver.value(_PROOFS, {"since": at}))

    def resets_since(self, at: datetime) -> int:
        return int(self._driver.value(_RESETS, {"since": at}))
