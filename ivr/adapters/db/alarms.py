"""Alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.ports.alarms import Alarm

_a = tables.alarms.c

_RAISE = insert_once(tables.alarms)
_SINCE = Statement(
    select(_a.key, _a.kind, _a.at).where(_a.at >= bindparam("asked")).order_by(_a.at, _a.key)
)


class SqlAlarms:
    """:class:`ivr.ports.alarms.Alarms`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def raise_once(self, alarm: Alarm) -> bool:
        return self._driver.change(_RAISE, asdict(alarm)) == 1

    def since(self, at: datetime) -> Sequence[Alarm]:
        return [
            Alarm(key=key, kind=kind, at=raised)
            for key, kind, raised in self._driver.rows(_SINCE, {"asked": at})
        ]
