"""Blocked numbers: found by keyed hash, number and note sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once
from ivr.adapters.db.tables_admin import blocked_numbers
from ivr.ports.blocked import BlockedRow
from ivr.ports.sealing import KeyedHash, Seal

NUMBER = "blocked.number"
"""Purpose of the keyed hash by which a caller is found."""

_b = blocked_numbers.c
_now = bindparam("now", type_=UtcDateTime)
_LIVE = _b.removed_at.is_(None)
_HOLDS = Statement(
    select(_b.row_id).where(_b.number_hash == bindparam("asked"), _LIVE, _b.expires_at > _now)
)
_ADD = insert_once(blocked_numbers)
_MAKE_ROOM = Statement(
    update(blocked_numbers)
    .where(_b.number_hash == bindparam("asked"), _LIVE, _b.expires_at <= _now)
    .values(removed_at=_b.expires_at)
)
"""A block that ran out is over since then; the number may be blocked again."""
_GET = Statement(select(blocked_numbers).where(_b.row_id == bindparam("asked")))
_REMOVE = Statement(
    update(blocked_numbers)
    .where(_b.row_id == bindparam("asked"), _LIVE, _b.expires_at > _now)
    .values(removed_by=bindparam("by_whom"), removed_at=bindparam("at", type_=UtcDateTime))
)
_ALL = Statement(
    select(blocked_numbers)
    .order_by(_b.removed_at.is_not(None), _b.expires_at.desc(), _b.row_id.desc())
    .limit(bindparam("most"))
)
_FORGET = Statement(
    delete(blocked_numbers).where(
        or_(
            _b.expires_at <= bindparam("before", type_=UtcDateTime),
            _b.removed_at <= bindparam("before", type_=UtcDateTime),
        )
    )
)


class SqlBlocked:
    """:class:`ivr.ports.blocked.Blocked`."""

    __slots__ = ("_driver", "_hash", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal, keyed_hash: KeyedHash) -> None:
        self._driver = driver
        self._seal = seal
        self._hash = keyed_hash

    def holds(self, number: str, *, now: datetime) -> bool:
        given = {"asked": self._hash(NUMBER, number), "now": now}
        return self._driver.row(_HOLDS, given) is not None

    def add(self, row: BlockedRow) -> bool:
        hashed = self._hash(NUMBER, row.number)
        self._driver.change(_MAKE_ROOM, {"asked": hashed, "now": row.added_at})
        values = {
            "number_hash": hashed,
            "number_sealed": self._seal.close(row.number.encode()),
            "note_sealed": self._seal.close(row.note.encode()),
            "added_by": row.added_by,
            "added_at": row.added_at,
            "expires_at": row.expires_at,
            "removed_by": row.removed_by,
            "removed_at": row.removed_at,
        }
        return self._driver.change(_ADD, values) == 1

    def remove(self, block: int, *, by: str, at: datetime) -> BlockedRow | None:
        given = {"asked": block, "by_whom": by, "at": at, "now": at}
        if self._driver.change(_REMOVE, given) != 1:
            return None
        row = self._driver.record(_GET, {"asked": block})
        return None if row is None else self._row(row)

    def all(self, *, limit: int = 200) -> Sequence[BlockedRow]:
        return [self._row(row) for row in self._driver.records(_ALL, {"most": limit})]

    def forget(self, *, before: datetime) -> int:
        return self._driver.change(_FORGET, {"before": before})

    def _row(self, row: dict[str, Any]) -> BlockedRow:
        del row["number_hash"]
        return BlockedRow(
            id=row.pop("row_id"),
            number=self._seal.open(row.pop("number_sealed")).decode(),
            note=self._seal.open(row.pop("note_sealed")).decode(),
            **row,
        )
