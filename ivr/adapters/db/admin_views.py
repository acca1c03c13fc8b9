"""What the pages of flows and of administration read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, distinct, func, or_, select

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_staff import audit
from ivr.ports.admin_views import AuditAsked, AuditPlaced, NodeTraffic, Revision, Traffic
from ivr.ports.staff import AuditLine

_f = tables.flow_revisions.c
_c = tables.calls.c
_j = tables.journal.c
_t = tables.tickets.c
_a = audit.c
NO_PLACE = 2**62

_REVISIONS = Statement(
    select(_f.revision, _f.at).order_by(_f.at.desc(), _f.revision).limit(bindparam("most"))
)
_CALLS = (
    select(_c.sid)
    .where(_c.started_at >= bindparam("since", type_=UtcDateTime))
    .order_by(_c.started_at.desc())
    .limit(bindparam("most"))
)
_COUNTED = Statement(select(func.count()).select_from(_CALLS.subquery()))
_sids = _CALLS.scalar_subquery()
_entered = _j.kind == "node.entered"
_error = or_(_j.kind == "request.failed", _j.kind.like("fault.%"))
_trouble = or_(
    *(_j.kind == f"input.{word}" for word in ("no_input", "no_match", "too_short", "too_long"))
)


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


_NODES = Statement(
    select(
        _j.flow,
        _j.node,
        func.count(distinct(case((_entered, _j.call_sid)))).label("calls"),
        _times(_entered).label("visits"),
        _times(_trouble).label("troubles"),
        _times(_error).label("errors"),
    )
    .where(_j.call_sid.in_(_sids), _j.flow != "", or_(_entered, _trouble, _error))
    .group_by(_j.flow, _j.node)
)
_FLOWS = Statement(
    select(_j.flow, func.count(distinct(_j.call_sid)))
    .where(_j.call_sid.in_(_sids), _entered)
    .group_by(_j.flow)
)
_ENDED = Statement(
    select(_t.node, func.count())
    .join(tables.calls, _c.sid == _t.call_sid)
    .where(_c.sid.in_(_sids), and_(_c.ended_at.is_not(None), _c.ended_by == "caller"))
    .group_by(_t.node)
)
_AUDIT = Statement(
    select(_a.position, _a.at, _a.actor, _a.action, _a.object, _a.data)
    .where(
        _a.at >= bindparam("since", type_=UtcDateTime),
        _a.at < bindparam("until", type_=UtcDateTime),
        _a.position < bindparam("before"),
        or_(bindparam("who") == "", _a.actor == bindparam("who")),
        func.substr(_a.action, 1, func.length(bindparam("what"))) == bindparam("what"),
        func.substr(_a.object, 1, func.length(bindparam("which"))) == bindparam("which"),
    )
    .order_by(_a.position.desc())
    .limit(bindparam("most"))
)


class SqlAdminViews:
    """:class:`ivr.ports.admin_views.AdminViews`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def revisions(self, *, limit: int = 50) -> Sequence[Revision]:
        return [Revision(**row) for row in self._driver.records(_REVISIONS, {"most": limit})]

    def traffic(self, *, since: datetime, most: int) -> Traffic:
        given = {"since": since, "most": most}
        found = int(self._driver.value(_COUNTED, {"since": since, "most": most + 1}))
        ended: dict[str, int] = defaultdict(int)
        for node, number in self._driver.rows(_ENDED, given):
            ended[node] += number
        return Traffic(
            calls=min(found, most),
            whole=found <= most,
            nodes=[NodeTraffic(**row) for row in self._driver.records(_NODES, given)],
            flows={flow: int(number) for flow, number in self._driver.rows(_FLOWS, given)},
            ended=dict(ended),
        )

    def audit_lines(self, asked: AuditAsked, *, limit: int) -> Sequence[AuditPlaced]:
        given = {
            "since": asked.since,
            "until": asked.until,
            "before": NO_PLACE if asked.before is None else asked.before,
            "who": asked.actor,
            "what": asked.action,
            "which": asked.object,
            "most": limit,
        }
        return [
            AuditPlaced(position=row.pop("position"), line=AuditLine(**row))
            for row in self._driver.records(_AUDIT, given)
        ]
