"""The journal of a call: rows are added and never changed (triggers refuse it)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.ports.store import JournalEntry

_j = tables.journal.c

_ADD = insert(tables.journal)

_OF = Statement(
    select(_j.turn, _j.seq, _j.at, _j.kind, _j.flow, _j.node, _j.data)
    .where(_j.call_sid == bindparam("asked_sid"))
    .order_by(_j.turn, _j.seq, _j.row_id)
)


class SqlJournal:
    """:class:`ivr.ports.store.Journal`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def add(self, sid: str, entries: Sequence[JournalEntry]) -> None:
        if not entries:
            return
        self._driver.change_each(
            _ADD,
            [
                {
                    "call_sid": sid,
                    "turn": entry.turn,
                    "seq": entry.seq,
                    "at": entry.at,
                    "kind": entry.kind,
                    "flow": entry.flow,
                    "node": entry.node,
                    "data": entry.data,
                }
                for entry in entries
            ],
        )

    def of(self, sid: str) -> Sequence[JournalEntry]:
        rows = self._driver.rows(_OF, {"asked_sid": sid})
        return [
            JournalEntry(turn=turn, seq=seq, at=at, kind=kind, flow=flow, node=node, data=data)
            for turn, seq, at, kind, flow, node, data in rows
        ]
