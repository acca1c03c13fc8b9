"""Calls that go on, as the log shows them above those that are over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import engagements
from ivr.adapters.db.tables_tickets import contacts

_c = tables.calls.c
_t = tables.tickets.c
_n = contacts.c
_q = tables.queue_entries.c
_e = engagements.c

_AGENT = (
    select(func.max(_e.agent))
    .where(_e.call_sid == _c.sid, _e.ended_at.is_(None))
    .correlate(tables.calls)
    .scalar_subquery()
)
_LIVE = Statement(
    select(
        _c.sid,
        _c.protocol,
        _c.started_at,
        _c.person,
        _c.outcome,
        _c.revision,
        _t.service,
        _t.node,
        _t.identity,
        _t.rating,
        func.coalesce(_q.queue, "").label("queue"),
        func.coalesce(_AGENT, "").label("agent"),
        func.coalesce(_n.caller_hash, "").label("caller_hash"),
        func.coalesce(_n.matricula_hash, "").label("matricula_hash"),
        _n.caller_end,
        _n.known_sealed,
    )
    .select_from(
        tables.calls.join(tables.tickets, _t.protocol == _c.protocol)
        .outerjoin(contacts, _n.call_sid == _c.sid)
        .outerjoin(tables.queue_entries, (_q.call_sid == _c.sid) & _q.left_at.is_(None))
    )
    .where(_c.ended_at.is_(None))
    .order_by(_c.started_at.desc(), _c.sid.desc())
    .limit(bindparam("most", type_=Integer))
)


def live_rows(driver: Driver, *, limit: int) -> list[dict[str, Any]]:
    """Columns of :class:`ivr.ports.call_search.CallFacts`, with ``caller_end`` and what is sealed
    of the person."""
    return driver.records(_LIVE, {"most": limit})
