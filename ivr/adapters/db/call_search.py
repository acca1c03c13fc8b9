"""The call log over call_facts, call_marks and contacts."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from ivr.adapters.db.call_search_conditions import count_of, every_of, page_of, shape_of
from ivr.adapters.db.call_search_live import live_rows
from ivr.adapters.db.call_search_trail import trail_of
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once, upsert, values_of
from ivr.adapters.db.tables_log import call_facts, call_marks, log_views
from ivr.ports.call_search import CallFacts, CallTrail, LogFilter, LogLine, SavedView, ViewKind
from ivr.ports.sealing import Seal
from ivr.ports.tickets import Known

_f = call_facts.c
_v = log_views.c

_PUT = upsert(
    call_facts,
    lambda insert: insert.values(values_of(call_facts)).on_conflict_do_update(
        index_elements=[_f.sid],
        set_={c.name: insert.excluded[c.name] for c in call_facts.c if c.name != "sid"},
    ),
)
_MARK = insert_once(call_marks)
_GET = Statement(select(call_facts).where(_f.sid == bindparam("asked")))
_VIEWS = Statement(
    select(log_views).where(_v.staff == bindparam("asked")).order_by(_v.kind, _v.name)
)
_KEEP = upsert(
    log_views,
    lambda insert: insert.values(values_of(log_views)).on_conflict_do_update(
        index_elements=[_v.staff, _v.kind, _v.name],
        set_={"value": insert.excluded.value, "at": insert.excluded.at},
    ),
)
_DROP = Statement(
    delete(log_views).where(
        _v.staff == bindparam("asked"),
        _v.kind == bindparam("asked_kind"),
        _v.name == bindparam("asked_name"),
    )
)
FETCHED_AT_ONCE = 2_000
"""Rows that an export holds in memory."""


class SqlCallSearch:
    """:class:`ivr.ports.call_search.CallSearch`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def record(
        self, facts: CallFacts, *, agents: tuple[str, ...] = (), queues: tuple[str, ...] = ()
    ) -> None:
        if facts.ended_at is None:
            raise ValueError("the log keeps calls that are over")
        self._driver.change(_PUT, asdict(facts))
        marks = [("agent", agent) for agent in agents] + [("queue", queue) for queue in queues]
        for kind, value in dict.fromkeys(marks):
            self._driver.change(
                _MARK,
                {
                    "kind": kind,
                    "value": value,
                    "started_at": facts.started_at,
                    "call_sid": facts.sid,
                },
            )

    def facts(self, sid: str) -> CallFacts | None:
        row = self._driver.record(_GET, {"asked": sid})
        return None if row is None else CallFacts(**row)

    def page(
        self, wanted: LogFilter, *, before: tuple[datetime, str] | None = None, limit: int = 51
    ) -> list[LogLine]:
        found: dict[str, LogLine] = {}
        for sought in wanted.any_of or (None,):
            shape, values = shape_of(wanted, sought)
            values["most"] = limit
            if before is not None:
                values["before_at"], values["before_sid"] = before
            statement = page_of(shape, after=before is not None)
            for row in self._driver.records(statement, values):
                found[row["sid"]] = self._line(row)
        return sorted(found.values(), key=_key, reverse=True)[:limit]

    def count(self, wanted: LogFilter) -> int:
        """As in the port. Several alternatives are read through, so that a call counts once."""
        if len(wanted.any_of) > 1:
            return sum(1 for _ in self._rows(wanted))
        shape, values = shape_of(wanted, next(iter(wanted.any_of), None))
        return int(self._driver.value(count_of(shape), values))

    def every(self, wanted: LogFilter) -> Iterator[LogLine]:
        for row in self._rows(wanted):
            yield self._line(row)

    def _rows(self, wanted: LogFilter) -> Iterator[dict[str, Any]]:
        streams = []
        for sought in wanted.any_of or (None,):
            shape, values = shape_of(wanted, sought)
            streams.append(self._driver.stream(every_of(shape), values, at_once=FETCHED_AT_ONCE))
        last = ""
        for row in heapq.merge(
            *streams, key=lambda row: (row["started_at"], row["sid"]), reverse=True
        ):
            if row["sid"] != last:
                last = row["sid"]
                yield row

    def live(self, *, limit: int = 500) -> list[LogLine]:
        return [self._line(row) for row in live_rows(self._driver, limit=limit)]

    def trail(self, call_sid: str) -> CallTrail:
        return trail_of(self._driver, call_sid)

    def views(self, staff: str) -> list[SavedView]:
        return [SavedView(**row) for row in self._driver.records(_VIEWS, {"asked": staff})]

    def keep_view(self, view: SavedView) -> None:
        self._driver.change(_KEEP, asdict(view))

    def drop_view(self, staff: str, kind: ViewKind, name: str) -> bool:
        given = {"asked": staff, "asked_kind": kind, "asked_name": name}
        return self._driver.change(_DROP, given) == 1

    def _line(self, row: dict[str, Any]) -> LogLine:
        sealed = row.pop("known_sealed")
        caller_end = row.pop("caller_end") or ""
        known = None if sealed is None else Known(**json.loads(self._seal.open(sealed)))
        return LogLine(facts=CallFacts(**row), caller_end=caller_end, known=known)


def _key(line: LogLine) -> tuple[datetime, str]:
    return line.facts.started_at, line.facts.sid
