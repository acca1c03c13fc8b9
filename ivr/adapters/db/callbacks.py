"""Promises to call back: one that waits for each telephone number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.ports.sealing import KeyedHash, Seal
from ivr.ports.store import CallbackRow

NUMBER = "callback.number"
"""Purpose of the keyed hash by which two callbacks to one number are told."""

_c = tables.callbacks.c

_ADD = insert_once(tables.callbacks)
_IN_STATE = Statement(
    select(_c.protocol, _c.call_sid, _c.number_sealed, _c.asked_at, _c.due, _c.state)
    .where(_c.state == bindparam("asked"))
    .order_by(_c.asked_at, _c.row_id)
)


class SqlCallbacks:
    """The callbacks of :class:`ivr.ports.store.Tickets`."""

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
            },
        )
        return written == 1

    def in_state(self, state: str) -> Sequence[CallbackRow]:
        """Those in one state, longest wait first."""
        rows = self._driver.rows(_IN_STATE, {"asked": state})
        return [
            CallbackRow(
                protocol=protocol,
                call_sid=call_sid,
                number=self._seal.open(number).decode(),
                asked_at=asked_at,
                due=due,
                state=found,
            )
            for protocol, call_sid, number, asked_at, due, found in rows
        ]
