"""Alerts, queues closed by hand, messages in front of the menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, delete, or_, select, update

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert, insert_once, upsert, values_of
from ivr.adapters.db.tables_metrics import alerts, closed_queues, outages
from ivr.ports.metrics import AlertRow, ClosedQueue, OutageRow

_a = alerts.c
_k = closed_queues.c
_o = outages.c
_now = bindparam("now", type_=UtcDateTime)
_asked: BindParameter[Any] = bindparam("asked")


def _alerts() -> Select[Any]:
    return select(
        _a.row_id.label("id"), _a.kind, _a.subject, _a.level, _a.value, _a.raised_at,
        _a.cleared_at, _a.seen_by, _a.seen_at,
    )  # fmt: skip


_RAISED = Statement(_alerts().where(_a.cleared_at.is_(None)).order_by(_a.raised_at, _a.row_id))
_SINCE = Statement(
    _alerts()
    .where(
        or_(
            _a.raised_at >= bindparam("since", type_=UtcDateTime),
            _a.cleared_at.is_(None),
        )
    )
    .order_by(_a.raised_at.desc(), _a.row_id.desc())
    .limit(200)
)
_RAISE = insert_once(alerts)
_UPDATE = Statement(
    update(alerts)
    .where(_a.row_id == _asked)
    .values(
        level=bindparam("new_level"),
        value=bindparam("new_value"),
        cleared_at=bindparam("new_cleared_at"),
    )
)
_SEE = Statement(
    update(alerts)
    .where(_a.row_id == _asked, _a.seen_at.is_(None))
    .values(seen_by=bindparam("by_whom"), seen_at=bindparam("at"))
)
_CLOSED = Statement(select(closed_queues).where(or_(_k.until.is_(None), _k.until > _now)))
_CLOSE = upsert(
    closed_queues,
    lambda insert: insert.values(values_of(closed_queues)).on_conflict_do_update(
        index_elements=[_k.queue],
        set_={name: insert.excluded[name] for name in ("at", "until", "by")},
    ),
)
_OPEN = Statement(delete(closed_queues).where(_k.queue == _asked))
_OUTAGE = Statement(
    select(_o.row_id.label("id"), _o.prompt, _o.at, _o.until, _o.by, _o.ended_at)
    .where(_o.ended_at.is_(None), _o.until > _now)
    .order_by(_o.row_id.desc())
    .limit(1)
)
_BEGIN = insert(outages)
_END = Statement(
    update(outages)
    .where(_o.row_id == _asked, _o.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)


class SqlSwitches:
    """:class:`ivr.ports.metrics.Switches`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def raised(self) -> Sequence[AlertRow]:
        return [AlertRow(**row) for row in self._driver.records(_RAISED, {})]

    def alerts_since(self, at: datetime) -> Sequence[AlertRow]:
        return [AlertRow(**row) for row in self._driver.records(_SINCE, {"since": at})]

    def raise_alert(self, row: AlertRow) -> bool:
        return self._driver.change(_RAISE, _values(row)) == 1

    def update_alert(self, row: AlertRow) -> None:
        given = {
            "asked": row.id,
            "new_level": row.level,
            "new_value": row.value,
            "new_cleared_at": row.cleared_at,
        }
        self._driver.change(_UPDATE, given)

    def see_alert(self, id: int, *, by: str, at: datetime) -> bool:
        return self._driver.change(_SEE, {"asked": id, "by_whom": by, "at": at}) == 1

    def closed_queues(self, *, now: datetime) -> Mapping[str, ClosedQueue]:
        rows = self._driver.records(_CLOSED, {"now": now})
        return {row["queue"]: ClosedQueue(**row) for row in rows}

    def close_queue(self, row: ClosedQueue) -> None:
        self._driver.change(_CLOSE, asdict(row))

    def open_queue(self, queue: str) -> bool:
        return self._driver.change(_OPEN, {"asked": queue}) == 1

    def outage(self, *, now: datetime) -> OutageRow | None:
        row = self._driver.record(_OUTAGE, {"now": now})
        return None if row is None else OutageRow(**row)

    def begin_outage(self, row: OutageRow) -> None:
        self._driver.change(_BEGIN, _values(row))

    def end_outage(self, id: int, *, at: datetime) -> bool:
        return self._driver.change(_END, {"asked": id, "at": at}) == 1


def _values(row: AlertRow | OutageRow) -> dict[str, Any]:
    values = asdict(row)
    del values["id"]
    return values
