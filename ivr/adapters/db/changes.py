"""The table of changes. PostgreSQL also notifies whoever listens, when the change is committed.

A notification holds less than 8000 bytes (https://www.postgresql.org/docs/15/sql-notify.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, select

from ivr.adapters.db import tables_desk
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.ports.changes import Change, checked_audience

CHANNEL = "ivr_changes"
LONGEST_NOTIFICATION = 7900
"""Bytes."""

_c = tables_desk.changes.c
_newest = select(func.coalesce(func.max(_c.row_id), 0))

_ADD = insert(tables_desk.changes)
_NOTIFY = Statement(select(func.pg_notify(CHANNEL, bindparam("payload", type_=Text), type_=Text)))
_AFTER = Statement(
    select(_c.row_id, _c.at, _c.topic, _c.entity, _c.version, _c.audience)
    .where(_c.row_id > bindparam("asked"))
    .order_by(_c.row_id)
    .limit(bindparam("most"))
)
_NEWEST = Statement(_newest)
_PRUNE = Statement(
    delete(tables_desk.changes).where(
        _c.at < bindparam("asked"), _c.row_id < _newest.scalar_subquery()
    )
)


class SqlChanges:
    """:class:`ivr.ports.changes.Changes`."""

    __slots__ = ("_driver", "_now")

    def __init__(self, driver: Driver, *, now: Callable[[], datetime]) -> None:
        self._driver = driver
        self._now = now

    def tell(self, topic: str, entity: str, *, version: int = 0, audience: Sequence[str]) -> None:
        words = checked_audience(topic, entity, audience)
        change = Change(at=self._now(), topic=topic, entity=entity, version=version, audience=words)
        self._driver.change(
            _ADD,
            {
                "at": change.at,
                "topic": topic,
                "entity": entity,
                "version": version,
                "audience": {"words": words},
            },
        )
        if self._driver.dialect == "postgresql":
            for payload in payloads(change):
                self._driver.row(_NOTIFY, {"payload": payload})

    def after(self, number: int, *, limit: int = 500) -> Sequence[Change]:
        return [
            Change(
                number=row,
                at=at,
                topic=topic,
                entity=entity,
                version=version,
                audience=tuple(audience["words"]),
            )
            for row, at, topic, entity, version, audience in self._driver.rows(
                _AFTER, {"asked": number, "most": limit}
            )
        ]

    def newest(self) -> int:
        return int(self._driver.value(_NEWEST, {}))

    def prune(self, *, before: datetime) -> int:
        return self._driver.change(_PRUNE, {"asked": before})


def payloads(change: Change) -> Iterator[str]:
    """Notifications for a change: one, or several that share its audience when it is large."""
    words: list[str] = []
    size = 0
    for word in change.audience:
        if words and size + len(word) + 3 > LONGEST_NOTIFICATION - 400:
            yield _payload(change, words)
            words, size = [], 0
        words.append(word)
        size += len(word) + 3
    yield _payload(change, words)


def _payload(change: Change, words: Sequence[str]) -> str:
    data: Mapping[str, Any] = {
        "at": change.at.isoformat(),
        "t": change.topic,
        "id": change.entity,
        "v": change.version,
        "to": list(words),
    }
    return json.dumps(data, separators=(",", ":"))


def read_payload(payload: str) -> Change | None:
    """The change of a notification, None for one that is not ours."""
    try:
        data = json.loads(payload)
        return Change(
            at=datetime.fromisoformat(data["at"]),
            topic=str(data["t"]),
            entity=str(data["id"]),
            version=int(data["v"]),
            audience=tuple(map(str, data["to"])),
        )
    except (ValueError, TypeError, KeyError):
        return None
