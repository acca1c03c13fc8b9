"""Tickets by what they have in common, newest first, a page at a time."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import engagements
from ivr.adapters.db.tables_tickets import contacts
from ivr.ports.sealing import Seal
from ivr.ports.store import TicketRow
from ivr.ports.tickets import Talk, TicketFilter

_t = tables.tickets.c
_c = contacts.c

_HOLD = Statement(select(tables.tickets).where(_t.protocol == bindparam("asked")).with_for_update())
_JOINED = Statement(
    select(tables.tickets)
    .where(_t.merged_into == bindparam("asked"))
    .order_by(_t.opened_at.desc(), _t.protocol.desc())
)
_g = engagements.c
_TALKS = Statement(
    select(
        _g.call_sid,
        _g.agent,
        _g.started_at,
        _g.ended_at,
        _g.disposition,
        _g.contact_class,
        _g.notes_sealed,
    )
    .where(_g.call_sid == bindparam("asked"))
    .order_by(_g.started_at, _g.offer)
)
_CALLS = Statement(
    select(func.count())
    .select_from(contacts)
    .where(_c.caller_hash == bindparam("asked"), _c.at >= bindparam("since", type_=UtcDateTime))
)


def _calls_with(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    return _t.call_sid.in_(select(_c.call_sid).where(column == bindparam(name)))


_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "protocol": _t.protocol == bindparam("protocol"),
    "person": _t.person == bindparam("person"),
    "matricula": _calls_with(_c.matricula_hash, "matricula"),
    "caller": _calls_with(_c.caller_hash, "caller"),
    "agent": _t.agent == bindparam("agent"),
    "service": _t.service == bindparam("service"),
    "since": _t.opened_at >= bindparam("since", type_=UtcDateTime),
    "ended": _t.call_sid.in_(
        select(tables.calls.c.sid).where(tables.calls.c.ended_at.is_not(None))
    ),
    "before": or_(
        _t.opened_at < bindparam("before_at", type_=UtcDateTime),
        and_(
            _t.opened_at == bindparam("before_at", type_=UtcDateTime),
            _t.protocol < bindparam("before_protocol"),
        ),
    ),
}
_BARE = ("before", "ended")
"""Conditions whose values are not the filter's field."""


@lru_cache(maxsize=256)
def _find(given: tuple[str, ...], states: int, outcomes: int) -> Statement:
    wanted = [_CONDITIONS[name] for name in given]
    if "protocol" not in given:
        wanted.append(_t.merged_into == "")
    if states:
        wanted.append(or_(*(_t.status == bindparam(f"status{n}") for n in range(states))))
    if outcomes:
        wanted.append(or_(*(_t.outcome == bindparam(f"outcome{n}") for n in range(outcomes))))
    return Statement(
        select(tables.tickets)
        .where(*wanted)
        .order_by(_t.opened_at.desc(), _t.protocol.desc())
        .limit(bindparam("most", type_=Integer))
    )


class SqlTicketLists:
    """:class:`ivr.ports.tickets.TicketLists`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def hold(self, *protocols: str) -> dict[str, TicketRow]:
        """As in the port. SQLite's writing transaction holds everything already."""
        held = {}
        for protocol in sorted(set(protocols)):
            row = self._driver.record(_HOLD, {"asked": protocol})
            if row is not None:
                held[protocol] = TicketRow(**row)
        return held

    def find(self, wanted: TicketFilter) -> list[TicketRow]:
        given = tuple(name for name in _CONDITIONS if getattr(wanted, name))
        values = {name: getattr(wanted, name) for name in given if name not in _BARE}
        if wanted.before is not None:
            values["before_at"], values["before_protocol"] = wanted.before
        values |= {f"status{n}": word for n, word in enumerate(wanted.status)}
        values |= {f"outcome{n}": word for n, word in enumerate(wanted.outcomes)}
        statement = _find(given, len(wanted.status), len(wanted.outcomes))
        rows = self._driver.records(statement, {**values, "most": wanted.limit})
        return [TicketRow(**row) for row in rows]

    def joined_to(self, protocol: str) -> list[TicketRow]:
        return [TicketRow(**row) for row in self._driver.records(_JOINED, {"asked": protocol})]

    def talks(self, call_sid: str) -> list[Talk]:
        rows = self._driver.records(_TALKS, {"asked": call_sid})
        return [
            Talk(notes=self._seal.open(sealed).decode() if sealed else "", **row)
            for row in rows
            for sealed in (row.pop("notes_sealed"),)
        ]

    def calls_of(self, caller_hash: str, *, since: datetime) -> int:
        return int(self._driver.value(_CALLS, {"asked": caller_hash, "since": since}))
