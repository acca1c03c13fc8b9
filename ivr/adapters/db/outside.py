"""Calls to numbers outside the desk. The number is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select, update

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, values_of
from ivr.adapters.db.tables_room import outside_calls
from ivr.ports.outside import OutsideRow
from ivr.ports.sealing import Seal

_o = outside_calls.c
_ROW = select(outside_calls)

_ADD = insert_once(outside_calls)
_GET = Statement(_ROW.where(_o.id == bindparam("asked")))
_OF_CALL = Statement(_ROW.where(_o.call_sid == bindparam("asked"), _o.ended_at.is_(None)))
_NEWEST = Statement(
    _ROW.where(_o.offer == bindparam("asked"))
    .order_by(_o.ended_at.is_not(None), _o.asked_at.desc(), _o.id.desc())
    .limit(1)
)
_CHANGE = Statement(
    update(outside_calls)
    .where(_o.id == bindparam("asked"), _o.version == bindparam("was"))
    .values({k: v for k, v in values_of(outside_calls).items() if k not in ("id", "number_sealed")})
)


class SqlOutside:
    """:class:`ivr.ports.outside.Outside`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def add(self, row: OutsideRow) -> bool:
        columns = asdict(row)
        sealed = self._seal.close(columns.pop("number").encode())
        return self._driver.change(_ADD, {**columns, "number_sealed": sealed}) == 1

    def get(self, outside: str) -> OutsideRow | None:
        return self._one(_GET, {"asked": outside})

    def of_call(self, call_sid: str) -> OutsideRow | None:
        return self._one(_OF_CALL, {"asked": call_sid})

    def newest_of(self, offer: str) -> OutsideRow | None:
        return self._one(_NEWEST, {"asked": offer})

    def change(self, row: OutsideRow, *, was: int) -> bool:
        given = {**asdict(row), "version": was + 1, "asked": row.id, "was": was}
        return self._driver.change(_CHANGE, given) == 1

    def _one(self, statement: Statement, given: Mapping[str, Any]) -> OutsideRow | None:
        row = self._driver.record(statement, given)
        if row is None:
            return None
        number = self._seal.open(row.pop("number_sealed")).decode()
        return OutsideRow(**row, number=number)
