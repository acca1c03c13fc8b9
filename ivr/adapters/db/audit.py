"""The audit log: lines that are added and never changed, each chained to the one before."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, func, select

from ivr.adapters.db.columns import to_json
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.adapters.db.tables_staff import audit
from ivr.domain.audit_chain import ChainedLine, Head, digest
from ivr.ports.staff import AuditLine

_LOCK = 3_318_3601
"""Advisory lock of PostgreSQL under which a row gets its place. SQLite has one writer anyway."""

_a = audit.c
_ADD = insert(audit)
_OF = Statement(
    select(_a.at, _a.actor, _a.action, _a.object, _a.data)
    .where(_a.object == bindparam("asked"))
    .order_by(_a.position.desc())
    .limit(bindparam("most"))
)
_HEAD = Statement(select(_a.position, _a.hash).order_by(_a.position.desc()).limit(1))
_CHAIN = Statement(
    select(_a.position, _a.at, _a.actor, _a.action, _a.object, _a.data, _a.hash)
    .where(_a.position > bindparam("after"))
    .order_by(_a.position)
    .limit(bindparam("most"))
)
_LOCK_CHAIN = Statement(select(func.pg_advisory_xact_lock(_LOCK)))


class SqlAudit:
    """:class:`ivr.ports.staff.Audit`.

    Lines wait until :meth:`write`, the last act of a transaction: places are given under one lock
    for everybody, and whoever holds it must not wait for any other.
    """

    __slots__ = ("_driver", "_waiting")

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._waiting: list[AuditLine] = []

    def add(self, line: AuditLine) -> None:
        if not self._driver.writes:
            raise RuntimeError("a transaction that only reads was asked to write")
        # Tuples and keys that are no text would be read back as something else.
        self._waiting.append(AuditLine(**{**_fields(line), "data": json.loads(to_json(line.data))}))

    def of(self, object: str, *, limit: int = 100) -> list[AuditLine]:
        fresh = [line for line in reversed(self._waiting) if line.object == object]
        rows = self._driver.records(_OF, {"asked": object, "most": limit})
        return [*fresh, *(AuditLine(**row) for row in rows)][:limit]

    def head(self) -> Head:
        row = self._driver.row(_HEAD, {})
        return Head() if row is None else Head(position=row[0], hash=row[1])

    def chain(self, *, after: int = 0, limit: int = 1000) -> list[ChainedLine]:
        rows = self._driver.records(_CHAIN, {"after": after, "most": limit})
        return [ChainedLine(**row) for row in rows]

    def write(self) -> None:
        """Give the waiting lines their places. Nothing may be locked after it."""
        if not self._waiting:
            return
        if self._driver.dialect == "postgresql":
            self._driver.row(_LOCK_CHAIN, {})
        head, rows = self.head(), []
        for line in self._waiting:
            place = head.position + 1
            head = Head(position=place, hash=digest(head.hash, position=place, **_fields(line)))
            rows.append({**_fields(line), "position": place, "hash": head.hash})
        self._waiting = []
        self._driver.change_each(_ADD, rows)


def _fields(line: AuditLine) -> dict[str, Any]:
    return {**asdict(line), "data": dict(line.data)}
