"""Talks of agents with callers, and the legs by which they are held. Notes are sealed."""

from __future__ import annotations

from dataclasses import asdict
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
    select,
    update,
)

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, values_of
from ivr.adapters.db.tables_desk import engagements, legs
from ivr.ports.desk import EngagementRow, LegRow
from ivr.ports.sealing import Seal

_e = engagements.c
_l = legs.c

_ADD = insert_once(engagements)
_ROW = select(engagements)
_GET = Statement(_ROW.where(_e.offer == bindparam("asked")))
_CHANGE = Statement(
    update(engagements)
    .where(_e.offer == bindparam("asked"), _e.version == bindparam("was"))
    .values({k: v for k, v in values_of(engagements).items() if k != "offer"})
)
_TALKS = Statement(
    _ROW.where(_e.call_sid == bindparam("asked"), _e.ended_at.is_(None)).order_by(_e.started_at)
)
_UNWRAPPED = Statement(_ROW.where(_e.agent == bindparam("asked"), _e.wrapped_at.is_(None)))

_SECONDS_A_DAY = 86400.0
_over = func.coalesce(_e.wrapped_at, _e.ended_at)


def _mean(seconds: ColumnElement[Any]) -> Select[Any]:
    return select(func.avg(cast(seconds, Float))).where(
        _e.queue == bindparam("asked"), _e.ended_at >= bindparam("since")
    )


_HANDLING = Statement(
    {
        "sqlite": _mean(
            (func.julianday(_over, type_=Float) - func.julianday(_e.started_at, type_=Float))
            * _SECONDS_A_DAY
        ),
        "postgresql": _mean(extract("epoch", _over - _e.started_at)),
    }
)

_ADD_LEG = insert_once(legs)
_LEG = Statement(select(legs).where(_l.sid == bindparam("asked")))
_LEGS = Statement(
    select(legs).where(_l.offer == bindparam("asked")).order_by(_l.created_at, _l.sid)
)
_CHANGE_LEG = Statement(
    update(legs)
    .where(_l.sid == bindparam("asked"), _l.ended_at.is_(None))
    .values(
        status=bindparam("word"),
        answered_at=func.coalesce(_l.answered_at, bindparam("answered", type_=UtcDateTime)),
        ended_at=bindparam("ended"),
    )
)


class SqlEngagements:
    """The talks and legs of :class:`ivr.ports.desk.Desk`."""

    __slots__ = ()
    _driver: Driver
    _seal: Seal

    def add_engagement(self, row: EngagementRow) -> bool:
        return self._driver.change(_ADD, self._columns(row)) == 1

    def engagement(self, offer: str) -> EngagementRow | None:
        return self._read(self._driver.record(_GET, {"asked": offer}))

    def change_engagement(self, row: EngagementRow, *, was: int) -> bool:
        given = {**self._columns(row), "version": was + 1, "asked": row.offer, "was": was}
        return self._driver.change(_CHANGE, given) == 1

    def talks_of(self, call_sid: str) -> list[EngagementRow]:
        rows = self._driver.records(_TALKS, {"asked": call_sid})
        return [talk for row in rows if (talk := self._read(row)) is not None]

    def unwrapped_of(self, agent: str) -> EngagementRow | None:
        return self._read(self._driver.record(_UNWRAPPED, {"asked": agent}))

    def handling_seconds(self, queue: str, *, since: datetime) -> float | None:
        mean = self._driver.value(_HANDLING, {"asked": queue, "since": since})
        return None if mean is None else float(mean)

    def add_leg(self, leg: LegRow) -> bool:
        return self._driver.change(_ADD_LEG, asdict(leg)) == 1

    def leg(self, sid: str) -> LegRow | None:
        row = self._driver.record(_LEG, {"asked": sid})
        return None if row is None else LegRow(**row)

    def legs_of(self, offer: str) -> list[LegRow]:
        return [LegRow(**row) for row in self._driver.records(_LEGS, {"asked": offer})]

    def change_leg(
        self,
        sid: str,
        *,
        status: str,
        answered_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> bool:
        given = {"asked": sid, "word": status, "answered": answered_at, "ended": ended_at}
        return self._driver.change(_CHANGE_LEG, given) == 1

    def _columns(self, row: EngagementRow) -> dict[str, Any]:
        columns = asdict(row)
        notes = columns.pop("notes")
        return {**columns, "notes_sealed": self._seal.close(notes.encode()) if notes else None}

    def _read(self, row: dict[str, Any] | None) -> EngagementRow | None:
        if row is None:
            return None
        sealed = row.pop("notes_sealed")
        return EngagementRow(**row, notes=self._seal.open(sealed).decode() if sealed else "")
