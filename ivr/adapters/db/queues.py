"""Callers who wait for a person."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    FromClause,
    Select,
    bindparam,
    cast,
    extract,
    func,
    or_,
    select,
    tuple_,
    update,
)

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.desk_offers import OPEN
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import ROW_ID, Statement, upsert
from ivr.adapters.db.tables_desk import offers
from ivr.ports.queues import EntryKind
from ivr.ports.store import QueueRow

ANSWERED = ("answered", "bridged", "bridging-in-process", "redirected-from-bridged")
"""Results of a wait that ended with a person: ours, then the carrier's ``QueueResult`` words
(https://www.twilio.com/docs/voice/twiml/enqueue#attributes-action)."""

_SECONDS_A_DAY = 86400.0

_q = tables.queue_entries.c
_mine = tables.queue_entries.alias("mine")
_earlier = tables.queue_entries.alias("earlier")
_entered = bindparam("entered_at", type_=UtcDateTime)


def _rank(t: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Smaller is sooner: priority by law, start of the wait, number."""
    return -t.c.priority, func.coalesce(t.c.ranked_at, t.c.entered_at), t.c.row_id


_COLUMNS = tuple(c.name for c in tables.queue_entries.c if c.name != ROW_ID)
_FIRST_START = (
    select(func.min(func.coalesce(_earlier.c.ranked_at, _earlier.c.entered_at)))
    .where(_earlier.c.call_sid == bindparam("call_sid"))
    .scalar_subquery()
)
_GIVEN: dict[str, ColumnElement[Any]] = {
    **{name: bindparam(name, type_=_q[name].type) for name in _COLUMNS},
    "ranked_at": func.coalesce(
        bindparam("ranked_at", type_=UtcDateTime), _FIRST_START, _entered, type_=UtcDateTime
    ),
}

_ENTER = upsert(
    tables.queue_entries,
    lambda insert: insert.from_select(
        list(_COLUMNS),
        select(*(_GIVEN[name] for name in _COLUMNS)).where(
            ~select(1)
            .where(
                _q.call_sid == bindparam("call_sid"),
                or_(_q.left_at.is_(None), _q.left_at > _entered),
            )
            .exists()
        ),
    ).on_conflict_do_nothing(),
)

_CHANGE = Statement(
    update(tables.queue_entries)
    .where(_q.call_sid == bindparam("asked"), _q.left_at.is_(None))
    .values(
        target=bindparam("target"),
        queue=bindparam("queue"),
        in_room=bindparam("in_room"),
        kind=bindparam("kind"),
    )
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
        tuple_(*_rank(tables.queue_entries)) <= tuple_(*_rank(_mine)),
    )
)

_WAITING = Statement(
    select(func.count())
    .select_from(tables.queue_entries)
    .where(_q.queue == bindparam("asked"), _q.left_at.is_(None))
)

_ROW = select(
    *(_q[name] for name in _COLUMNS),
    _q.row_id.label("number"),
    func.coalesce(tables.calls.c.protocol, "").label("protocol"),
).select_from(tables.queue_entries.outerjoin(tables.calls, tables.calls.c.sid == _q.call_sid))
_ENTRY = Statement(
    _ROW.where(_q.call_sid == bindparam("asked"))
    .order_by(_q.entered_at.desc(), _q.row_id.desc())
    .limit(1)
)
_UNOFFERED = _ROW.where(
    _q.left_at.is_(None),
    ~select(1).where(offers.c.call_sid == _q.call_sid, OPEN).exists(),
).order_by(*_rank(tables.queue_entries))
_TO_OFFER = Statement(
    _UNOFFERED.where(_q.queue == bindparam("asked"), _q.target == "").limit(bindparam("most"))
)
_TARGETED = Statement(_UNOFFERED.where(_q.target != ""))
_SIZES = Statement(
    select(
        _q.queue,
        func.count(),
        func.min(func.coalesce(_q.ranked_at, _q.entered_at), type_=UtcDateTime),
    )
    .where(_q.left_at.is_(None))
    .group_by(_q.queue)
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

    def enter(self, entry: QueueRow) -> bool:
        """As in the port. Who left enters again, but not by a repeat from before the leaving."""
        given = asdict(entry)
        given.pop("number")
        given.pop("protocol")
        return self._driver.change(_ENTER, given) == 1

    def change(
        self, call_sid: str, *, target: str, queue: str, in_room: bool, kind: EntryKind
    ) -> bool:
        given = {"target": target, "queue": queue, "in_room": in_room, "kind": kind}
        return self._driver.change(_CHANGE, {"asked": call_sid, **given}) == 1

    def leave(self, call_sid: str, *, at: datetime, result: str) -> bool:
        given = {"asked": call_sid, "at": at, "new_result": result}
        return self._driver.change(_LEAVE, given) == 1

    def position(self, call_sid: str) -> int:
        return int(self._driver.value(_POSITION, {"asked": call_sid}))

    def waiting(self, queue: str) -> int:
        return int(self._driver.value(_WAITING, {"asked": queue}))

    def entry(self, call_sid: str) -> QueueRow | None:
        row = self._driver.record(_ENTRY, {"asked": call_sid})
        return None if row is None else QueueRow(**row)

    def to_offer(self, queue: str, *, limit: int) -> list[QueueRow]:
        rows = self._driver.records(_TO_OFFER, {"asked": queue, "most": limit})
        return [QueueRow(**row) for row in rows]

    def targeted(self) -> list[QueueRow]:
        return [QueueRow(**row) for row in self._driver.records(_TARGETED, {})]

    def sizes(self) -> dict[str, tuple[int, datetime]]:
        return {name: (count, first) for name, count, first in self._driver.rows(_SIZES, {})}

    def mean_wait(self, queue: str, *, since: datetime) -> float | None:
        """As in the port, of the waits that ended since then; see :data:`ANSWERED`."""
        mean = self._driver.value(_MEAN_WAIT, {"asked": queue, "since": since})
        return None if mean is None else float(mean)
