"""All rows of one call beside its journal; notes of talks stay sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import engagements, legs, offers
from ivr.ports.call_search import CallTrail, JobLine
from ivr.ports.desk import EngagementRow, LegRow, OfferRow
from ivr.ports.queues import QueueRow, RecordingRow

_q = tables.queue_entries
_other = tables.queue_entries.alias("other")
_asked: BindParameter[str] = bindparam("asked")


def _sooner(one: Any, than: Any) -> Any:
    """Rank as the queue has it: priority by law, start of the wait, number."""
    started = func.coalesce(one.c.ranked_at, one.c.entered_at)
    start = func.coalesce(than.c.ranked_at, than.c.entered_at)
    return or_(
        one.c.priority > than.c.priority,
        and_(one.c.priority == than.c.priority, started < start),
        and_(one.c.priority == than.c.priority, started == start, one.c.row_id < than.c.row_id),
    )


_PLACE = (
    select(func.count() + 1)
    .select_from(_other)
    .where(
        _other.c.queue == _q.c.queue,
        _other.c.entered_at <= _q.c.left_at,
        or_(_other.c.left_at.is_(None), _other.c.left_at > _q.c.left_at),
        _sooner(_other, _q),
    )
    .correlate(_q)
    .scalar_subquery()
)
_ENTRIES = Statement(
    select(_q, _PLACE.label("place")).where(_q.c.call_sid == _asked).order_by(_q.c.row_id)
)
_OFFERS = Statement(
    select(offers).where(offers.c.call_sid == _asked).order_by(offers.c.reserved_at, offers.c.id)
)
_TALKS = Statement(
    select(*(column for column in engagements.c if column.name != "notes_sealed"))
    .where(engagements.c.call_sid == _asked)
    .order_by(engagements.c.started_at, engagements.c.offer)
)
_LEGS = Statement(
    select(legs).where(legs.c.call_sid == _asked).order_by(legs.c.created_at, legs.c.sid)
)
_o = tables.outbox.c
_JOBS = Statement(
    select(_o.key, _o.kind, _o.state, _o.attempts, _o.created_at, _o.settled_at, _o.outcome)
    .where(_o.call_sid == _asked)
    .order_by(_o.created_at, _o.key)
)
_r = tables.recordings.c
_RECORDINGS = Statement(
    select(tables.recordings)
    .where(
        _r.protocol
        == select(tables.calls.c.protocol).where(tables.calls.c.sid == _asked).scalar_subquery(),
        _r.call_sid == _asked,
    )
    .order_by(_r.at, _r.sid)
)


def trail_of(driver: Driver, call_sid: str) -> CallTrail:
    """As in the port."""

    def rows(statement: Statement) -> list[dict[str, Any]]:
        return driver.records(statement, {"asked": call_sid})

    entries = rows(_ENTRIES)
    places = tuple(int(row.pop("place")) for row in entries)
    return CallTrail(
        entries=tuple(QueueRow(number=row.pop("row_id"), **row) for row in entries),
        places=places,
        offers=tuple(OfferRow(**row) for row in rows(_OFFERS)),
        talks=tuple(EngagementRow(**row) for row in rows(_TALKS)),
        legs=tuple(LegRow(**row) for row in rows(_LEGS)),
        jobs=tuple(JobLine(**row) for row in rows(_JOBS)),
        recordings=tuple(RecordingRow(**row) for row in rows(_RECORDINGS)),
    )
