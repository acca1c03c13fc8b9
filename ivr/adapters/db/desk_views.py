"""Reads of an agent's console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import engagements, offers, presence
from ivr.adapters.db.tables_staff import staff
from ivr.adapters.db.tables_tickets import contacts
from ivr.ports.desk_views import (
    ColleagueNow,
    DayTalk,
    EarlierTicket,
    QueueNow,
    QueueStay,
)

_e = engagements.c
_o = offers.c
_q = tables.queue_entries.c
_t = tables.tickets.c
_c = contacts.c
_p = presence.c
_a = staff.c
_since = bindparam("since", type_=UtcDateTime)

_TALKS = Statement(
    select(
        _e.offer,
        _e.protocol,
        _e.queue,
        _t.service,
        _e.started_at,
        _e.ended_at,
        _e.wrapped_at,
        _e.disposition,
        _e.contact_class,
        _t.rating,
    )
    .select_from(engagements.join(tables.tickets, _t.protocol == _e.protocol))
    .where(_e.agent == bindparam("asked"), _e.started_at >= _since)
    .order_by(_e.started_at.desc())
    .limit(bindparam("most"))
)
_OFFERS = Statement(
    select(_o.state, func.count())
    .where(_o.agent == bindparam("asked"), _o.reserved_at >= _since)
    .group_by(_o.state)
)
_QUEUES = Statement(
    select(
        _q.queue,
        func.count().label("waiting"),
        func.min(func.coalesce(_q.ranked_at, _q.entered_at), type_=UtcDateTime).label("oldest"),
    )
    .where(_q.left_at.is_(None))
    .group_by(_q.queue)
    .order_by(_q.queue)
)
_COLLEAGUES = Statement(
    select(_a.id, _a.name, _p.state)
    .select_from(presence.join(staff, _p.agent == _a.id))
    .where(_p.state != "offline", _a.active)
    .order_by(_a.name, _a.id)
)
_PROVEN_CALLS = Statement(
    select(_c.call_sid)
    .select_from(contacts.join(tables.tickets, _t.call_sid == _c.call_sid))
    .where(
        _c.caller_hash == bindparam("asked"),
        _c.call_sid != bindparam("own"),
        _c.directory != "",
        _c.at >= _since,
        _t.identity == "verified",
    )
    .order_by(_c.at.desc())
    .limit(bindparam("most"))
)
_STAYS = Statement(
    select(_q.queue, _q.entered_at, _q.left_at, _q.result, _q.priority_kind)
    .where(_q.call_sid == bindparam("asked"))
    .order_by(_q.entered_at, _q.row_id)
)
_TALKS_OF_CALL = Statement(
    select(func.count()).select_from(engagements).where(_e.call_sid == bindparam("asked"))
)
_EARLIER = Statement(
    select(
        _t.protocol,
        _t.call_sid,
        _t.opened_at,
        _t.due_business,
        _t.status,
        _t.outcome,
        _t.service,
    )
    .where(
        _t.person == bindparam("asked"),
        _t.call_sid != bindparam("own"),
        _t.opened_at < bindparam("before", type_=UtcDateTime),
    )
    .order_by(_t.opened_at.desc())
    .limit(bindparam("most"))
)
_CALLS_OF_PERSON = Statement(
    select(func.count())
    .select_from(tables.tickets)
    .where(_t.person == bindparam("asked"), _t.opened_at >= _since)
)
_CALLS_OF_CALLER = Statement(
    select(func.count())
    .select_from(contacts)
    .where(_c.caller_hash == bindparam("asked"), _c.at >= _since)
)


class SqlDeskViews:
    """:class:`ivr.ports.desk_views.DeskViews`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def talks(self, agent: str, *, since: datetime, limit: int = 500) -> Sequence[DayTalk]:
        given = {"asked": agent, "since": since, "most": limit}
        return [DayTalk(**row) for row in self._driver.records(_TALKS, given)]

    def offers_by_state(self, agent: str, *, since: datetime) -> dict[str, int]:
        rows = self._driver.rows(_OFFERS, {"asked": agent, "since": since})
        return {str(state): int(count) for state, count in rows}

    def queues(self) -> Sequence[QueueNow]:
        return [QueueNow(**row) for row in self._driver.records(_QUEUES, {})]

    def colleagues(self) -> Sequence[ColleagueNow]:
        return [ColleagueNow(**row) for row in self._driver.records(_COLLEAGUES, {})]

    def proven_calls_from(
        self, caller: str, *, not_call: str, since: datetime, limit: int = 10
    ) -> Sequence[str]:
        if not caller:
            return []
        given = {"asked": caller, "own": not_call, "since": since, "most": limit}
        return [str(sid) for (sid,) in self._driver.rows(_PROVEN_CALLS, given)]

    def stays(self, call_sid: str) -> Sequence[QueueStay]:
        return [QueueStay(**row) for row in self._driver.records(_STAYS, {"asked": call_sid})]

    def talks_of_call(self, call_sid: str) -> int:
        return int(self._driver.value(_TALKS_OF_CALL, {"asked": call_sid}))

    def earlier(
        self, *, person: str, not_call: str, before: datetime, limit: int = 3
    ) -> Sequence[EarlierTicket]:
        if not person:
            return []
        given = {"asked": person, "own": not_call, "before": before, "most": limit}
        return [EarlierTicket(**row) for row in self._driver.records(_EARLIER, given)]

    def calls_since(self, *, person: str, caller: str, since: datetime) -> int:
        if person:
            return int(self._driver.value(_CALLS_OF_PERSON, {"asked": person, "since": since}))
        if caller:
            return int(self._driver.value(_CALLS_OF_CALLER, {"asked": caller, "since": since}))
        return 0
