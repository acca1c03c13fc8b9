"""Rows of recordings: where their sound is now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, literal, or_, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement
from ivr.ports.queues import RecordingRow, RecordingState

FETCH = "recording.fetch"
"""Kind of the outbox jobs that fetch a recording; their key is ``recording.fetch:<sid>``."""
LEFT = ("voicemail", "message", "need", "complaint")

_r = tables.recordings.c
_GET = Statement(select(tables.recordings).where(_r.sid == bindparam("asked")))
_KEPT = Statement(
    update(tables.recordings)
    .where(_r.sid == bindparam("asked"), _r.state == "at_carrier")
    .values(state="kept", file=bindparam("new_file"), fetched_at=bindparam("at"))
)
_DELETED = Statement(
    update(tables.recordings)
    .where(_r.sid == bindparam("asked"), _r.deleted_at.is_(None))
    .values(deleted_at=bindparam("at"))
)
_GIVE_UP = Statement(
    update(tables.recordings)
    .where(_r.sid == bindparam("asked"), _r.state == "at_carrier")
    .values(state=bindparam("new_state"))
)
_AT_CARRIER = Statement(
    select(tables.recordings)
    .where(
        _r.state == "at_carrier",
        ~select(1).where(tables.outbox.c.key == literal(f"{FETCH}:").concat(_r.sid)).exists(),
    )
    .order_by(_r.at, _r.sid)
    .limit(bindparam("most"))
)
_LEFT = Statement(
    select(tables.recordings)
    .join(tables.tickets, tables.tickets.c.protocol == _r.protocol)
    .where(or_(*(_r.purpose == word for word in LEFT)), tables.tickets.c.status != "closed")
    .order_by(_r.at, _r.sid)
    .limit(bindparam("most"))
)


class SqlRecordings:
    """:class:`ivr.ports.recordings.Recordings`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def get(self, sid: str) -> RecordingRow | None:
        row = self._driver.record(_GET, {"asked": sid})
        return None if row is None else RecordingRow(**row)

    def kept(self, sid: str, *, file: str, at: datetime) -> bool:
        return self._driver.change(_KEPT, {"asked": sid, "new_file": file, "at": at}) == 1

    def deleted(self, sid: str, *, at: datetime) -> bool:
        return self._driver.change(_DELETED, {"asked": sid, "at": at}) == 1

    def give_up(self, sid: str, *, state: RecordingState) -> bool:
        return self._driver.change(_GIVE_UP, {"asked": sid, "new_state": state}) == 1

    def at_carrier(self, *, limit: int = 100) -> list[RecordingRow]:
        return [RecordingRow(**row) for row in self._driver.records(_AT_CARRIER, {"most": limit})]

    def left_messages(self, *, limit: int = 100) -> list[RecordingRow]:
        return [RecordingRow(**row) for row in self._driver.records(_LEFT, {"most": limit})]
