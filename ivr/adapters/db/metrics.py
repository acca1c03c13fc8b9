"""Raw rows behind the figures, by the time at which each thing began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, union

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.metrics_steps import steps_of
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import engagements, offers, routing_ledger
from ivr.adapters.db.tables_log import call_facts
from ivr.domain.local_time import local_date
from ivr.domain.metrics_events import (
    CallSeen,
    Closed,
    History,
    InState,
    Stay,
    Step,
    Talk,
    bucket_of,
)

_c = tables.calls.c
_q = tables.queue_entries.c
_e = engagements.c
_o = offers.c
_t = tables.tickets.c
_j = tables.journal.c
_l = routing_ledger.c
_f = call_facts.c
_later = tables.tickets.alias("later")
_other = call_facts.alias("other")
_since = bindparam("since", type_=UtcDateTime)
_until = bindparam("until", type_=UtcDateTime)
_KINDS = (
    "node.entered", "call.ended", "hours.checked", "person.identified", "person.asked",
    "proof.failed", "proof.passed", "job.settled", "system.settled", "rating.given",
    "rating.skipped",
)  # fmt: skip

_CALLS = Statement(
    select(
        _c.sid, _c.started_at, _c.ended_at, _c.ended_by, _c.outcome, _c.revision, _c.turn,
        func.coalesce(_t.service, "").label("service"),
        func.coalesce(_t.person, "").label("person"),
        func.coalesce(_f.caller_hash, "").label("caller"),
    )
    .select_from(
        tables.calls.outerjoin(tables.tickets, _t.call_sid == _c.sid).outerjoin(
            call_facts, _f.sid == _c.sid
        )
    )
    .where(_c.started_at >= _since, _c.started_at < _until)
)  # fmt: skip
_STEPS = Statement(
    select(_j.call_sid, _j.kind, _j.flow, _j.node, _j.data)
    .select_from(tables.calls.join(tables.journal, _j.call_sid == _c.sid))
    .where(
        _c.started_at >= _since, _c.started_at < _until, or_(*(_j.kind == kind for kind in _KINDS))
    )
    .order_by(_j.row_id)
)
_STAY = (
    _q.call_sid, _q.queue, _q.entered_at, _q.ranked_at, _q.left_at, _q.result, _q.kind,
)  # fmt: skip
_STAYS = Statement(select(*_STAY).where(_q.entered_at >= _since, _q.entered_at < _until))
_STAYS_OF_CALLS = Statement(
    select(*_STAY)
    .select_from(tables.queue_entries.join(tables.calls, _c.sid == _q.call_sid))
    .where(_c.started_at >= _since, _c.started_at < _until)
)
_TALK = (
    _e.call_sid, _e.queue, _e.agent, _e.started_at, _e.ended_at, _e.ended_by, _e.hold_seconds,
    _e.wrapped_at, _e.contact_class, _o.kind,
)  # fmt: skip
_WITH_OFFER = engagements.join(offers, _o.id == _e.offer)
_TALKS = Statement(
    select(*_TALK).select_from(_WITH_OFFER).where(_e.started_at >= _since, _e.started_at < _until)
)
_TALKS_OF_CALLS = Statement(
    select(*_TALK)
    .select_from(_WITH_OFFER.join(tables.calls, _c.sid == _e.call_sid))
    .where(_c.started_at >= _since, _c.started_at < _until)
)
_CLASSES = Statement(
    union(
        select(_e.call_sid, _e.contact_class)
        .select_from(engagements.join(tables.calls, _c.sid == _e.call_sid))
        .where(_c.started_at >= _since, _c.started_at < _until, _e.contact_class != ""),
        select(_e.call_sid, _e.contact_class)
        .select_from(engagements.join(tables.queue_entries, _q.call_sid == _e.call_sid))
        .where(_q.entered_at >= _since, _q.entered_at < _until, _e.contact_class != ""),
        select(_e.call_sid, _e.contact_class).where(
            _e.started_at >= _since, _e.started_at < _until, _e.contact_class != ""
        ),
    )
)
_CLOSED = Statement(
    select(_t.opened_at, _t.closed_at, _t.due_business, _t.due_calendar).where(
        _t.opened_at >= _since,
        _t.opened_at < _until,
        _t.closed_at.is_not(None),
        _t.status == "closed",
        _t.merged_into == "",
    )
)
_PERSON_AGAIN = Statement(
    select(_t.call_sid, _t.opened_at, func.min(_later.c.opened_at, type_=UtcDateTime))
    .select_from(
        tables.tickets.join(
            _later,
            and_(
                _later.c.person == _t.person,
                _later.c.service == _t.service,
                _later.c.opened_at > _t.opened_at,
            ),
        )
    )
    .where(_t.opened_at >= _since, _t.opened_at < _until, _t.person != "")
    .group_by(_t.call_sid, _t.opened_at)
)
_CALLER_AGAIN = Statement(
    select(_f.sid, _f.started_at, func.min(_other.c.started_at, type_=UtcDateTime))
    .select_from(
        call_facts.join(
            _other,
            and_(
                _other.c.caller_hash == _f.caller_hash,
                _other.c.caller_hash != "",
                _other.c.service == _f.service,
                _other.c.started_at > _f.started_at,
            ),
        )
    )
    .where(_f.started_at >= _since, _f.started_at < _until, _f.person == "", _f.caller_hash != "")
    .group_by(_f.sid, _f.started_at)
)
_STATES = Statement(
    select(_l.agent, _l.at, _l.data)
    .where(_l.kind == "agent.state", _l.at >= _since, _l.at < _until)
    .order_by(_l.at, _l.row_id)
)
_newest = (
    select(_l.agent, func.max(_l.at).label("at"))
    .where(
        _l.kind == "agent.state",
        _l.at < _since,
        _l.at >= bindparam("not_before", type_=UtcDateTime),
    )
    .group_by(_l.agent)
    .subquery()
)
_STATES_BEFORE = Statement(
    select(_l.agent, _l.at, _l.data)
    .select_from(
        routing_ledger.join(_newest, and_(_newest.c.agent == _l.agent, _newest.c.at == _l.at))
    )
    .where(_l.kind == "agent.state")
    .order_by(_l.row_id)
)
_LONGEST_SHIFT = timedelta(days=2)
"""A state that has lasted longer is not counted: the account was forgotten, not at work."""
_FIRST = Statement(select(func.min(_c.started_at, type_=UtcDateTime)))

_wide = bindparam("wide", type_=UtcDateTime)
_CHANGED_CALLS = Statement(
    union(
        select(_c.sid.label("sid")).where(
            _c.started_at >= _wide,
            or_(_c.started_at >= _since, _c.ended_at >= _since, _c.ended_at.is_(None)),
        ),
        select(_q.call_sid).where(
            _q.entered_at >= _wide,
            or_(_q.entered_at >= _since, _q.left_at >= _since, _q.left_at.is_(None)),
        ),
        select(_e.call_sid).where(
            _e.started_at >= _wide,
            or_(
                _e.started_at >= _since,
                _e.ended_at >= _since,
                _e.wrapped_at >= _since,
                _e.wrapped_at.is_(None),
            ),
        ),
        select(_t.call_sid).where(_t.closed_at >= _since),
    )
)
_STARTS = Statement(
    union(
        select(_c.started_at).where(_c.sid == bindparam("asked")),
        select(_q.entered_at).where(_q.call_sid == bindparam("asked")),
        select(_e.started_at).where(_e.call_sid == bindparam("asked")),
        select(_t.opened_at).where(_t.call_sid == bindparam("asked")),
    )
)
_new = tables.tickets.alias("new")
_EARLIER = Statement(
    select(_t.opened_at)
    .select_from(
        tables.tickets.join(_new, and_(_new.c.person == _t.person, _new.c.service == _t.service))
    )
    .where(
        _new.c.opened_at >= _since,
        _new.c.person != "",
        _t.opened_at >= bindparam("week", type_=UtcDateTime),
    )
    .distinct()
)


class SqlMetricRows:
    """The rows of :class:`ivr.ports.metrics.Metrics`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def history(
        self,
        since: datetime,
        until: datetime,
        *,
        left_out: Collection[str],
        fcr_days: int,
        whole: bool = True,
    ) -> History:
        """As in the port."""
        period = {"since": since, "until": until}
        rows = self._driver.rows
        classes = rows(_CLASSES, period)
        window = timedelta(days=fcr_days)
        again = {
            sid: (first - start) <= window
            for statement in (_PERSON_AGAIN, _CALLER_AGAIN)
            for sid, start, first in (rows(statement, period) if whole else ())
        }
        steps: dict[str, list[Step]] = defaultdict(list)
        services = {}
        calls = self._driver.records(_CALLS, period)
        for call in calls:
            services[call["sid"]] = call["service"]
        for sid, kind, flow, node, data in rows(_STEPS, period) if whole else ():
            found = steps_of(kind, f"{flow}.{node}" if flow else "", data, services.get(sid, ""))
            steps[sid] += found
        talks: dict[str, list[Talk]] = defaultdict(list)
        for row in rows(_TALKS_OF_CALLS, period):
            talks[row[0]].append(_talk(row))
        stays: dict[str, list[Stay]] = defaultdict(list)
        for row in rows(_STAYS_OF_CALLS, period):
            stays[row[0]].append(_stay(row))
        return History(
            calls=tuple(_call(call, again.get(call["sid"]), steps, talks, stays) for call in calls),
            stays=tuple(_stay(row) for row in rows(_STAYS, period)),
            talks=tuple(_talk(row) for row in rows(_TALKS, period)),
            closed=tuple(
                Closed(
                    opened_at=opened,
                    closed_on=local_date(closed),
                    due_business=business,
                    due_calendar=calendar,
                )
                for opened, closed, business, calendar in (rows(_CLOSED, period) if whole else ())
            ),
            states=tuple(self._states(since, until)) if whole else (),
            left_out=frozenset(sid for sid, word in classes if word in left_out),
        )

    def first_start(self) -> datetime | None:
        """As in the port."""
        first: datetime | None = self._driver.value(_FIRST, {})
        return first

    def touched(self, since: datetime, *, longest_hours: int, fcr_days: int) -> set[datetime]:
        """As in the port."""
        given = {"since": since, "wide": since - timedelta(hours=longest_hours)}
        found: set[datetime] = set()
        for (sid,) in self._driver.rows(_CHANGED_CALLS, given):
            found |= {bucket_of(at) for (at,) in self._driver.rows(_STARTS, {"asked": sid})}
        week = {"since": since, "week": since - timedelta(days=fcr_days)}
        return found | {bucket_of(at) for (at,) in self._driver.rows(_EARLIER, week)}

    def _states(self, since: datetime, until: datetime) -> list[InState]:
        at: dict[str, tuple[str, datetime]] = {}
        before = {"since": since, "not_before": since - _LONGEST_SHIFT}
        for agent, _, data in self._driver.rows(_STATES_BEFORE, before):
            at[agent] = (str(data["state"]), since)
        found: list[InState] = []
        for agent, when, data in self._driver.rows(_STATES, {"since": since, "until": until}):
            if agent in at:
                found.append(_spell(agent, at[agent], when))
            at[agent] = (str(data["state"]), when)
        found += [_spell(agent, spell, until) for agent, spell in at.items()]
        return [s for s in found if s.state != "offline" and s.until > s.since]


def _spell(agent: str, spell: tuple[str, datetime], until: datetime) -> InState:
    return InState(agent=agent, state=spell[0], since=spell[1], until=until)


def _stay(row: tuple[Any, ...]) -> Stay:
    sid, queue, entered, ranked, left, result, kind = row
    began = ranked if kind == "call" and ranked is not None and ranked <= entered else entered
    return Stay(call_sid=sid, queue=queue, began=began, left_at=left, result=result, kind=kind)


def _talk(row: tuple[Any, ...]) -> Talk:
    sid, queue, agent, started, ended, by, hold, wrapped, word, kind = row
    return Talk(
        call_sid=sid,
        queue=queue,
        agent=agent,
        started_at=started,
        ended_at=ended,
        ended_by=by,
        hold_seconds=hold,
        wrapped_at=wrapped,
        contact_class=word,
        kind=kind,
    )


def _call(
    row: dict[str, Any],
    again: bool | None,
    steps: dict[str, list[Step]],
    talks: dict[str, list[Talk]],
    stays: dict[str, list[Stay]],
) -> CallSeen:
    sid = row["sid"]
    known = bool(row["service"] and (row["person"] or row["caller"]))
    return CallSeen(
        sid=sid,
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        outcome=row["outcome"],
        revision=row["revision"],
        turns=row["turn"],
        service=row["service"],
        again=bool(again) if known else None,
        steps=tuple(steps.get(sid, ())),
        talks=tuple(talks.get(sid, ())),
        stays=tuple(stays.get(sid, ())),
    )
