"""Tickets, their protocol numbers and their recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.callbacks import SqlCallbacks
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert, insert_once, upsert
from ivr.ports.sealing import KeyedHash, Seal
from ivr.ports.store import CallbackRow, RecordingRow, TicketRow
from ivr.ports.tickets import TicketEvent, TicketLog

_t = tables.tickets.c
_r = tables.recordings.c

_NEXT = upsert(
    tables.sequences,
    lambda insert: (
        insert.values(year=bindparam("year"), last=1)
        .on_conflict_do_update(
            index_elements=[tables.sequences.c.year], set_={"last": tables.sequences.c.last + 1}
        )
        .returning(tables.sequences.c.last)
    ),
)
_ADD = insert(tables.tickets)
_BY_PROTOCOL = Statement(select(tables.tickets).where(_t.protocol == bindparam("asked")))
_LOGGED = {"status": "status", "agent": "assigned", "rating": "rated", "merged_into": "joined"}
"""Columns whose change is a line of the ticket's history, and the kind of that line."""
_CHANGEABLE = frozenset(field.name for field in fields(TicketRow)) - {"protocol"}

_ADD_RECORDING = insert_once(tables.recordings)
_RECORDINGS = Statement(
    select(tables.recordings).where(_r.protocol == bindparam("asked")).order_by(_r.at, _r.sid)
)


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...]) -> Statement:
    return Statement(
        update(tables.tickets)
        .where(_t.protocol == bindparam("asked"))
        .values({name: bindparam(name) for name in names})
    )


class SqlTickets:
    """:class:`ivr.ports.store.Tickets`."""

    __slots__ = ("_callbacks", "_driver", "_log", "_now")

    def __init__(
        self,
        driver: Driver,
        *,
        seal: Seal,
        keyed_hash: KeyedHash,
        log: TicketLog,
        now: Callable[[], datetime],
    ) -> None:
        self._driver = driver
        self._log = log
        self._now = now
        self._callbacks = SqlCallbacks(driver, seal=seal, keyed_hash=keyed_hash)

    def next_sequence(self, year: int) -> int:
        """As in the port. Other transactions that want a number wait until this one ends."""
        return int(self._driver.value(_NEXT, {"year": year}))

    def add(self, ticket: TicketRow) -> None:
        self._driver.change(_ADD, asdict(ticket))
        self._log.note(
            TicketEvent(
                protocol=ticket.protocol,
                at=ticket.opened_at,
                kind="opened",
                actor="system",
                data={"call_sid": ticket.call_sid},
            )
        )

    def by_protocol(self, protocol: str) -> TicketRow | None:
        row = self._driver.record(_BY_PROTOCOL, {"asked": protocol})
        return None if row is None else TicketRow(**row)

    def change(self, protocol: str, *, by: str = "system", **changes: Any) -> None:
        """As in the port. Raises ValueError on another name, LookupError without the ticket."""
        if not changes:
            return
        if not changes.keys() <= _CHANGEABLE:
            raise ValueError(f"no such column: {sorted(changes.keys() - _CHANGEABLE)}")
        before = self.by_protocol(protocol) if changes.keys() & _LOGGED.keys() else None
        if before is not None and before.merged_into and "merged_into" not in changes:
            # What was joined to another stays closed; the other one lives on.
            changes = {k: v for k, v in changes.items() if k not in ("status", "closed_at")}
            if not changes:
                return
        if before is not None and any(
            changes.get(n, getattr(before, n)) != getattr(before, n) for n in _LOGGED
        ):
            changes.setdefault("version", before.version + 1)
        changed = self._driver.change(
            _change(tuple(sorted(changes))), {"asked": protocol, **changes}
        )
        if changed != 1:
            raise LookupError("no such ticket")
        if before is not None:
            self._tell(before, changes, by=by)

    def _tell(self, before: TicketRow, changes: Mapping[str, Any], *, by: str) -> None:
        """A line of history for each column that people care about and that changed."""
        for name, kind in _LOGGED.items():
            if name not in changes or changes[name] == getattr(before, name):
                continue
            data: dict[str, Any] = {name: changes[name]}
            if name == "status":
                data["was"] = before.status
            self._log.note(
                TicketEvent(
                    protocol=before.protocol, at=self._now(), kind=kind, actor=by, data=data
                )
            )

    def add_recording(self, recording: RecordingRow) -> None:
        """Once for each recording: its webhook may come twice."""
        self._driver.change(_ADD_RECORDING, asdict(recording))

    def recordings(self, protocol: str) -> Sequence[RecordingRow]:
        rows = self._driver.records(_RECORDINGS, {"asked": protocol})
        return [RecordingRow(**row) for row in rows]

    def add_callback(self, callback: CallbackRow) -> bool:
        return self._callbacks.add(callback)

    def callbacks(self, *, state: str = "waiting") -> Sequence[CallbackRow]:
        return self._callbacks.in_state(state)
