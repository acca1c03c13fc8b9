"""Promises to call back: one that waits for each telephone number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, or_, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.desk_offers import OPEN
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.adapters.db.tables_desk import engagements, offers
from ivr.ports.callbacks import CallbackView
from ivr.ports.queues import CallbackKind, CallbackState
from ivr.ports.sealing import KeyedHash, Seal
from ivr.ports.store import CallbackRow

NUMBER = "callback.number"
"""Purpose of the keyed hash by which two callbacks to one number are told."""
PROMISED = ("asked", "scheduled", "dropped_call")
"""Kinds that agents are offered by themselves, in their place."""

_c = tables.callbacks.c
_q = tables.queue_entries.c
_ROW = select(tables.callbacks)
_LIVE = _c.state == "waiting"

_ADD = insert_once(tables.callbacks)
_IN_STATE = Statement(_ROW.where(_c.state == bindparam("asked")).order_by(_c.asked_at, _c.row_id))
_GET = Statement(_ROW.where(_c.row_id == bindparam("asked")))
_OF_CALL = Statement(_ROW.where(_LIVE, _c.call_sid == bindparam("asked")).order_by(_c.row_id))
_OF_NUMBER = Statement(_ROW.where(_LIVE, _c.number_hash == bindparam("asked")))
_OF_PERSON = Statement(
    _ROW.join(tables.tickets, tables.tickets.c.protocol == _c.protocol)
    .where(_LIVE, _c.kind != "number", tables.tickets.c.person == bindparam("asked"))
    .order_by(_c.row_id)
)
_NEWEST = Statement(
    _ROW.where(_c.call_sid == bindparam("asked")).order_by(_c.row_id.desc()).limit(1)
)
_CHANGE = Statement(
    update(tables.callbacks)
    .where(_c.row_id == bindparam("asked"), _c.version == bindparam("was"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "kind", "claimed_by", "claimed_at", "tries", "next_at", "version")
        }
    )
)
_IN_QUEUE = select(1).where(_q.call_sid == _c.call_sid, _q.left_at.is_(None))
_IN_TALK = select(1).where(engagements.c.call_sid == _c.call_sid, engagements.c.ended_at.is_(None))
_OFFERED = select(1).where(offers.c.call_sid == _c.call_sid, OPEN)
_LIVE_CALL = select(1).where(tables.calls.c.sid == _c.call_sid, tables.calls.c.ended_at.is_(None))
_AT_REST = (_LIVE, ~_IN_QUEUE.exists(), ~_IN_TALK.exists())
_DUE = Statement(
    _ROW.where(
        *_AT_REST,
        ~_LIVE_CALL.exists(),
        or_(*(_c.kind == kind for kind in PROMISED)),
        _c.claimed_by == "",
        func.coalesce(_c.next_at, _c.asked_at, type_=UtcDateTime)
        <= bindparam("now", type_=UtcDateTime),
    )
    .order_by(_c.asked_at, _c.row_id)
    .limit(bindparam("most"))
)
_QUEUED = Statement(
    _ROW.where(_LIVE, _IN_QUEUE.where(_q.kind == "callback").exists(), ~_OFFERED.exists()).order_by(
        _c.row_id
    )
)
_CLAIMED = Statement(
    _ROW.where(
        *_AT_REST,
        _c.claimed_by != "",
        _c.claimed_at < bindparam("before", type_=UtcDateTime),
    )
)
_COUNTS = Statement(select(_c.kind, func.count()).where(_LIVE).group_by(_c.kind))
_FORGET = Statement(
    delete(tables.callbacks).where(_c.kind == "number", _c.call_sid == bindparam("asked"))
)
_FORGET_OLD = Statement(
    delete(tables.callbacks).where(
        _c.kind == "number", _c.asked_at < bindparam("before", type_=UtcDateTime)
    )
)


def _newest_wait(column: Any) -> Any:
    return (
        select(column)
        .where(_q.call_sid == _c.call_sid, _q.kind == "call")
        .order_by(_q.row_id.desc())
        .limit(1)
        .scalar_subquery()
    )


_VIEW = select(
    tables.callbacks,
    tables.tickets.c.service,
    tables.tickets.c.node,
    tables.tickets.c.identity,
    tables.tickets.c.outcome,
    _newest_wait(_q.entered_at).label("entered_at"),
    _newest_wait(_q.left_at).label("left_at"),
    func.coalesce(
        select(engagements.c.agent)
        .where(engagements.c.call_sid == _c.call_sid, engagements.c.ended_at.is_(None))
        .limit(1)
        .scalar_subquery(),
        "",
    ).label("talking"),
).join(tables.tickets, tables.tickets.c.protocol == _c.protocol)
_EXTRA = ("service", "node", "identity", "outcome", "entered_at", "left_at", "talking")


def _listed(kinds: int, states: int, *, since: bool, newest: bool) -> Select[Any]:
    """Kinds and states are given as ``wanted_kind0``…, ``wanted_state0``…"""
    wanted = _VIEW.where(
        or_(*(_c.kind == bindparam(f"wanted_kind{i}") for i in range(kinds))),
        or_(*(_c.state == bindparam(f"wanted_state{i}") for i in range(states))),
    ).limit(bindparam("most"))
    if since:
        wanted = wanted.where(_c.asked_at >= bindparam("since", type_=UtcDateTime))
    if newest:
        return wanted.order_by(_c.asked_at.desc(), _c.row_id.desc())
    return wanted.order_by(_c.asked_at, _c.row_id)


_LISTS: dict[tuple[int, int, bool, bool], Statement] = {}


class SqlCallbacks:
    """:class:`ivr.ports.callbacks.Callbacks`, and those of :class:`ivr.ports.store.Tickets`."""

    __slots__ = ("_driver", "_keyed_hash", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal, keyed_hash: KeyedHash) -> None:
        self._driver = driver
        self._seal = seal
        self._keyed_hash = keyed_hash

    def add(self, callback: CallbackRow) -> bool:
        """False when a callback to that number already waits."""
        written = self._driver.change(
            _ADD,
            {
                "protocol": callback.protocol,
                "call_sid": callback.call_sid,
                "number_sealed": self._seal.close(callback.number.encode()),
                "number_hash": self._keyed_hash(NUMBER, callback.number),
                "asked_at": callback.asked_at,
                "due": callback.due,
                "state": callback.state,
                "kind": callback.kind,
                "claimed_by": callback.claimed_by,
                "claimed_at": callback.claimed_at,
                "tries": callback.tries,
                "next_at": callback.next_at,
                "version": callback.version,
            },
        )
        return written == 1

    def in_state(self, state: str) -> Sequence[CallbackRow]:
        """Those in one state, longest wait first."""
        return self._rows(_IN_STATE, {"asked": state})

    def get(self, callback: int) -> CallbackRow | None:
        return self._one(_GET, {"asked": callback})

    def live_of_call(self, call_sid: str) -> CallbackRow | None:
        return self._one(_OF_CALL, {"asked": call_sid})

    def live_of_number(self, number: str) -> CallbackRow | None:
        return self._one(_OF_NUMBER, {"asked": self._keyed_hash(NUMBER, number)})

    def live_of_person(self, person: str) -> CallbackRow | None:
        return self._one(_OF_PERSON, {"asked": person}) if person else None

    def newest_of_call(self, call_sid: str) -> CallbackRow | None:
        return self._one(_NEWEST, {"asked": call_sid})

    def change(self, row: CallbackRow, *, was: int) -> bool:
        given = {
            "new_state": row.state,
            "new_kind": row.kind,
            "new_claimed_by": row.claimed_by,
            "new_claimed_at": row.claimed_at,
            "new_tries": row.tries,
            "new_next_at": row.next_at,
            "new_version": was + 1,
        }
        return self._driver.change(_CHANGE, {"asked": row.id, "was": was, **given}) == 1

    def due(self, *, now: datetime, limit: int = 50) -> list[CallbackRow]:
        return self._rows(_DUE, {"now": now, "most": limit})

    def queued(self) -> list[CallbackRow]:
        return self._rows(_QUEUED, {})

    def claimed_before(self, before: datetime) -> list[CallbackRow]:
        return self._rows(_CLAIMED, {"before": before})

    def listed(
        self,
        *,
        kinds: Sequence[CallbackKind],
        states: Sequence[CallbackState],
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[CallbackView]:
        newest = "waiting" not in states
        shape = (len(kinds), len(states), since is not None, newest)
        statement = _LISTS.get(shape)
        if statement is None:
            made = _listed(*shape[:2], since=shape[2], newest=newest)
            statement = _LISTS[shape] = Statement(made)
        given: dict[str, str] = {f"wanted_kind{i}": kind for i, kind in enumerate(kinds)}
        given |= {f"wanted_state{i}": state for i, state in enumerate(states)}
        rows = self._driver.records(statement, {**given, "since": since, "most": limit})
        return [
            CallbackView(row=self._read(row), **{name: row[name] for name in _EXTRA})
            for row in rows
        ]

    def counts(self) -> dict[CallbackKind, int]:
        return dict(self._driver.rows(_COUNTS, {}))

    def forget_number(self, call_sid: str) -> int:
        return self._driver.change(_FORGET, {"asked": call_sid})

    def forget_numbers(self, *, before: datetime) -> int:
        return self._driver.change(_FORGET_OLD, {"before": before})

    def _one(self, statement: Statement, given: Mapping[str, Any]) -> CallbackRow | None:
        row = self._driver.record(statement, given)
        return None if row is None else self._read(row)

    def _rows(self, statement: Statement, given: Mapping[str, Any]) -> list[CallbackRow]:
        return [self._read(row) for row in self._driver.records(statement, given)]

    def _read(self, row: Mapping[str, Any]) -> CallbackRow:
        return CallbackRow(
            id=row["row_id"],
            number=self._seal.open(row["number_sealed"]).decode(),
            **{name: row[name] for name in _PLAIN},
        )


_PLAIN = (
    "protocol",
    "call_sid",
    "asked_at",
    "due",
    "state",
    "kind",
    "claimed_by",
    "claimed_at",
    "tries",
    "next_at",
    "version",
)
