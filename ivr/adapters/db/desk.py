"""The desk: presence, offers, talks, ledger, and the lock that orders whoever changes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from ivr.adapters.db.desk_engagements import SqlEngagements
from ivr.adapters.db.desk_offers import OPEN, SqlOffers
from ivr.adapters.db.desk_presence import SqlPresence
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.adapters.db.tables_desk import engagements, offers, presence, routing_ledger
from ivr.ports.desk import Due, LedgerLine
from ivr.ports.sealing import Seal

_LOCK_NUMBER = 0x6465736B
"""Any number that nothing else locks."""
_l = routing_ledger.c
_o = offers.c
_e = engagements.c
_p = presence.c

_LOCK = Statement(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
_WRITE = insert(routing_ledger)
_READ = Statement(
    select(_l.row_id.label("number"), _l.at, _l.kind, _l.call_sid, _l.offer, _l.agent, _l.data)
    .where(_l.row_id > bindparam("after"))
    .order_by(_l.row_id)
    .limit(bindparam("most"))
)
_DUE_OFFERS = Statement(
    select(_o.id).where(OPEN, _o.due_at <= bindparam("now")).order_by(_o.due_at, _o.id)
)
_DUE_WRAPS = Statement(
    select(_e.offer)
    .where(_e.wrapped_at.is_(None), _e.wrap_until <= bindparam("now"))
    .order_by(_e.wrap_until, _e.offer)
)
_LISTENING = ("available", "reserved", "ringing", "paused")
_SILENT = Statement(
    select(_p.agent)
    .where(
        or_(*(_p.state == state for state in _LISTENING)),
        func.coalesce(_p.seen_at, _p.since) <= bindparam("silent_before"),
    )
    .order_by(_p.agent)
)


class SqlDesk(SqlPresence, SqlOffers, SqlEngagements):
    """:class:`ivr.ports.desk.Desk`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def lock(self) -> None:
        """As in the port. SQLite's one writer holds everybody else already."""
        if self._driver.dialect == "postgresql":
            self._driver.row(_LOCK, {})

    def due(self, *, now: datetime, silent_before: datetime) -> Due:
        """As in the port. Who talks or wraps up is not held to be silent."""

        def ids(statement: Statement, **given: Any) -> tuple[str, ...]:
            return tuple(str(row[0]) for row in self._driver.rows(statement, given))

        return Due(
            offers=ids(_DUE_OFFERS, now=now),
            wraps=ids(_DUE_WRAPS, now=now),
            silent=ids(_SILENT, silent_before=silent_before),
        )

    def write(self, line: LedgerLine) -> None:
        self._driver.change(
            _WRITE,
            {
                "at": line.at,
                "kind": line.kind,
                "call_sid": line.call_sid,
                "offer": line.offer,
                "agent": line.agent,
                "data": line.data,
            },
        )

    def ledger(self, *, after: int = 0, limit: int = 1000) -> list[LedgerLine]:
        rows = self._driver.records(_READ, {"after": after, "most": limit})
        return [LedgerLine(**row) for row in rows]
