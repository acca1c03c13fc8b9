"""Supervisors in talks, and talks that are shut to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, values_of
from ivr.adapters.db.tables_room import shut_talks, supervisions
from ivr.ports.supervision import ShutState, SupervisionRow

_s = supervisions.c
_ROW = select(supervisions)
_LIVE = _s.ended_at.is_(None)

_ADD = insert_once(supervisions)
_GET = Statement(_ROW.where(_s.id == bindparam("asked")))
_OF_TALK = Statement(_ROW.where(_s.offer == bindparam("asked"), _LIVE))
_NEWEST = Statement(
    _ROW.where(_s.supervisor == bindparam("asked"))
    .order_by(_s.ended_at.is_not(None), _s.asked_at.desc(), _s.id.desc())
    .limit(1)
)
_ALL_LIVE = Statement(_ROW.where(_LIVE).order_by(_s.asked_at, _s.id))
_CHANGE = Statement(
    update(supervisions)
    .where(_s.id == bindparam("asked"), _s.version == bindparam("was"))
    .values({k: v for k, v in values_of(supervisions).items() if k != "id"})
)
_SHUT = insert_once(shut_talks)
_ITS = shut_talks.c.offer == bindparam("asked")
_MARK = Statement(update(shut_talks).where(_ITS).values(opening=bindparam("opens")))
_OPENED = Statement(delete(shut_talks).where(_ITS, shut_talks.c.opening.is_(True)))
_FORGET = Statement(delete(shut_talks).where(_ITS))
_STATE = Statement(select(shut_talks.c.opening).where(_ITS))


class SqlSupervisions:
    """:class:`ivr.ports.supervision.Supervisions`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def add(self, row: SupervisionRow) -> bool:
        return self._driver.change(_ADD, asdict(row)) == 1

    def get(self, supervision: str) -> SupervisionRow | None:
        return self._one(_GET, {"asked": supervision})

    def of_talk(self, offer: str) -> SupervisionRow | None:
        return self._one(_OF_TALK, {"asked": offer})

    def newest_by(self, supervisor: str) -> SupervisionRow | None:
        return self._one(_NEWEST, {"asked": supervisor})

    def live(self) -> list[SupervisionRow]:
        return [SupervisionRow(**row) for row in self._driver.records(_ALL_LIVE, {})]

    def change(self, row: SupervisionRow, *, was: int) -> bool:
        given = {**asdict(row), "version": was + 1, "asked": row.id, "was": was}
        return self._driver.change(_CHANGE, given) == 1

    def shut(self, offer: str, *, call_sid: str, protocol: str, at: datetime) -> ShutState:
        before = self.shut_state(offer)
        if before == "open":
            given = {"offer": offer, "call_sid": call_sid, "protocol": protocol}
            self._driver.change(_SHUT, {**given, "at": at, "opening": False})
        else:
            self._driver.change(_MARK, {"asked": offer, "opens": False})
        return before

    def opening(self, offer: str) -> bool:
        return self._driver.change(_MARK, {"asked": offer, "opens": True}) == 1

    def opened(self, offer: str) -> bool:
        return self._driver.change(_OPENED, {"asked": offer}) == 1

    def forget_shut(self, offer: str) -> None:
        self._driver.change(_FORGET, {"asked": offer})

    def shut_state(self, offer: str) -> ShutState:
        row = self._driver.row(_STATE, {"asked": offer})
        return "open" if row is None else "opening" if row[0] else "shut"

    def _one(self, statement: Statement, given: Mapping[str, Any]) -> SupervisionRow | None:
        row = self._driver.record(statement, given)
        return None if row is None else SupervisionRow(**row)
