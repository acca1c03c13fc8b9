"""Changed rules of the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, upsert, values_of
from ivr.adapters.db.tables_admin import kept_rules
from ivr.ports.kept_rules import KeptRule

LOCK = "kept-rules"
VALUE = "value"
"""Key of the object in which a value stands."""

_k = kept_rules.c
_REVISION = Statement(select(func.max(_k.revision)))
_ALL = Statement(select(kept_rules).order_by(_k.key))
_PUT = upsert(
    kept_rules,
    lambda insert: insert.values(values_of(kept_rules)).on_conflict_do_update(
        index_elements=["key"],
        set_={
            name: getattr(insert.excluded, name)
            for name in ("value", "revision", "changed_by", "changed_at")
        },
        where=_k.revision == bindparam("was"),
    ),
)


class SqlKeptRules:
    """:class:`ivr.ports.kept_rules.KeptRules`."""

    __slots__ = ("_driver", "_lock")

    def __init__(self, driver: Driver, *, lock: Callable[[str], None]) -> None:
        self._driver = driver
        self._lock = lock

    def revision(self) -> int:
        return int(self._driver.value(_REVISION, {}) or 0)

    def all(self) -> Sequence[KeptRule]:
        return [
            KeptRule(**{**row, "value": (row["value"] or {}).get(VALUE)})
            for row in self._driver.records(_ALL, {})
        ]

    def lock(self) -> None:
        self._lock(LOCK)

    def put(self, key: str, value: Any, *, was: int, by: str, at: datetime) -> bool:
        given = {
            "key": key,
            "value": None if value is None else {VALUE: value},
            "revision": self.revision() + 1,
            "changed_by": by,
            "changed_at": at,
            "was": was,
        }
        return self._driver.change(_PUT, given) == 1
