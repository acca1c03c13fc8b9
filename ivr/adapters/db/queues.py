"""Callers who wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    bindparam,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, upsert
from ivr.ports.store import QueueRow

ANSWERED = ("answered", "bridged", "bridging-in-process", "redirected-from-bridged")
"""Results of a wait that ended with a person: ours, then the carrier's ``QueueResult`` words
(https://www.twilio.com/docs/voice/twiml/enqueue#attributes-action)."""

_SECONDS_A_DAY = 86400.0

_q = tables.queue_entries.c
_mine = tables.queue_entries.alias("mine")
_entered = bindparam("entered", type_=UtcDateTime)

_ENTER = upsert(
    tables.queue_entries,
    lambda insert: insert.from_select(
        ["call_sid", "queue", "entered_at", "result"],
        select(
            bindparam("sid", type_=_q.call_sid.type),
            bindparam("queue", type_=_q.queue.type),
            _entered,
            literal(""),
        ).where(
            ~select(1)
            .where(
                _q.call_sid == bindparam("sid"),
                or_(_q.left_at.is_(None), _q.left_at > _entered),
            )
            .exists()
        ),
    ).on_conflict_do_nothing(),
)

_LEAVE = Statement(
    update(tables.queue_entries)
    .where(_q.call_sid == bindparam("asked"), _q.left_at.is_(None))
    .values(left_at=bindparam("at"), result=bindparam("new_result"))
)

_POSITION = Statement(
    select(func.count())
    .select_from(_mine)
    .join(tables.queue_entries, _q.queue == _mine.c.queue)
    .where(
        _mine.c.call_sid == bindparam("asked"),
        _mine.c.left_at.is_(None),
        _q.left_at.is_(None),
        tuple_(_q.entered_at, _q.row_id) <= tuple_(_mine.c.entered_at, _mine.c.row_id),
    )
)

_WAITING = Statement(
    select(func.count())
    .select_from(tables.queue_entries)
    .where(_q.queue == bindparam("asked"), _q.left_at.is_(None))
)

_ENTRY = Statement(
    select(_q.call_sid, _q.queue, _q.entered_at, _q.left_at, _q.result)
    .where(_q.call_sid == bindparam("asked"))
    .order_by(_q.entered_at.desc(), _q.row_id.desc())
    .limit(1)
)


def _mean(seconds: ColumnElement[Any]) -> Select[Any]:
    return select(func.avg(cast(seconds, Float))).where(
        _q.queue == bindparam("asked"),
        _q.left_at >= bindparam("since"),
        or_(*(_q.result == result for result in ANSWERED)),
    )


_MEAN_WAIT = Statement(
    {
        "sqlite": _mean(
            (func.julianday(_q.left_at, type_=Float) - func.julianday(_q.entered_at, type_=Float))
            * _SECONDS_A_DAY
        ),
        "postgresql": _mean(extract("epoch", _q.left_at - _q.entered_at)),
    }
)


class SqlQueues:
    """:class:`ivr.ports.store.Queues`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def enter(self, entry: QueueRow) -> None:
        """As in the port. Who left enters again, but not by a repeat from before the leaving."""
        self._driver.change(
            _ENTER,
            {"sid": entry.call_sid, "queue": entry.queue, "entered": entry.entered_at},
        )

    def leave(self, call_sid: str, *, at: datetime, result: str) -> None:
        self._driver.change(_LEAVE, {"asked": call_sid, "at": at, "new_result": result})

    def position(self, call_sid: str) -> int:
        return int(self._driver.value(_POSITION, {"asked": call_sid}))

    def waiting(self, queue: str) -> int:
        return int(self._driver.value(_WAITING, {"asked": queue}))

    def entry(self, call_sid: str) -> QueueRow | None:
        """The call's newest."""
        row = self._driver.record(_ENTRY, {"asked": call_sid})
        return None if row is None else QueueRow(**row)

    def mean_wait(self, queue: str, *, since: datetime) -> float | None:
        """As in the port, of the waits that ended since then; see :data:`ANSWERED`."""
        mean = self._driver.value(_MEAN_WAIT, {"asked": queue, "since": since})
        return None if mean is None else float(mean)
