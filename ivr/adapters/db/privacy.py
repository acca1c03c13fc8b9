"""Requests of data subjects; everything that is kept of one person; cutting them off it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, select, union, update

from ivr.adapters.db import privacy_rows as rows
from ivr.adapters.db import tables, tables_tickets
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.retention import MARK
from ivr.adapters.db.retention_rules import CLOSE_PASS, GROWING, OPEN_PASS, of_keys
from ivr.adapters.db.statement import Statement, insert
from ivr.adapters.db.tables_desk import engagements
from ivr.adapters.db.tables_privacy import data_requests
from ivr.ports.privacy import DataRequest, RequestState, Section
from ivr.ports.sealing import Seal

_q = data_requests.c
_t, _c = tables.tickets.c, tables_tickets.contacts.c
_asked: BindParameter[Any] = bindparam("asked")
_ADD = insert(data_requests)
_GET = Statement(select(data_requests).where(_q.id == _asked))
_OF = Statement(select(data_requests).where(_q.person == _asked).order_by(_q.asked_at, _q.id))
_OPEN = Statement(select(data_requests).where(_q.state == "open").order_by(_q.due, _q.asked_at))
_DECIDE = Statement(
    update(data_requests)
    .where(_q.id == _asked, _q.state == "open")
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
    )
)
_NAMED = union(
    select(_t.protocol).where(_t.person == _asked), select(_c.protocol).where(_c.person == _asked)
).subquery()
_TICKETS = Statement(
    select(_t.protocol, _t.call_sid)
    .where(_t.protocol.in_(select(_NAMED.c.protocol)))
    .order_by(_t.opened_at, _t.protocol)
)


@cache
def _of_calls() -> tuple[tuple[Table, Statement], ...]:
    found = []
    for table in rows.of_calls():
        whose = of_keys(table)
        assert whose is not None
        found.append((table, Statement(select(table).where(whose))))
    return tuple(found)


@cache
def _of_people() -> tuple[tuple[Table, Statement], ...]:
    return tuple(
        (table, Statement(select(table).where(table.c[rows.person_column(table)] == _asked)))
        for table in rows.of_people()
    )


@cache
def _cuts() -> tuple[tuple[str, Statement], ...]:
    """Rows that go, then columns that are emptied, where a person is named."""
    cuts = []
    for table in (*rows.of_people(), tables.attempts, tables.codes):
        # A freeze guards the account until it ends, and a request is the proof of its answer.
        if table not in (data_requests, tables.freezes):
            column = table.c[rows.person_column(table)]
            cuts.append((table.name, Statement(delete(table).where(column == _asked))))
    for table in rows.of_calls():
        if "person" in table.c:
            emptied: dict[str, Any] = {"person": ""}
            emptied |= {
                name: ""
                for name in ("matricula_hash", "caller_hash", "caller_end")
                if name in table.c
            }
            if "known_sealed" in table.c:
                emptied["known_sealed"] = None
            cuts.append(
                (
                    table.name,
                    Statement(update(table).where(table.c.person == _asked).values(emptied)),
                )
            )
    return tuple(cuts)


@cache
def _texts() -> tuple[tuple[str, Statement], ...]:
    """By ticket: what agents wrote, numbers to call back, jobs that are over."""
    g, e, b = engagements.c, tables_tickets.ticket_events.c, tables.callbacks.c
    return (
        (
            "engagements",
            Statement(
                update(engagements)
                .where(g.protocol == _asked, g.notes_sealed.is_not(None))
                .values(notes_sealed=None)
            ),
        ),
        (
            "ticket_events",
            Statement(
                update(tables_tickets.ticket_events)
                .where(e.protocol == _asked, e.text_sealed.is_not(None))
                .values(text_sealed=None)
            ),
        ),
        ("callbacks", Statement(delete(tables.callbacks).where(b.protocol == _asked))),
        (
            "outbox",
            Statement(
                delete(tables.outbox).where(
                    tables.outbox.c.settled_at.is_not(None),
                    tables.outbox.c.call_sid.in_(select(_t.call_sid).where(_t.protocol == _asked)),
                )
            ),
        ),
    )


class SqlPrivacy:
    """:class:`ivr.ports.privacy.Privacy`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def add_request(self, request: DataRequest) -> None:
        self._driver.change(
            _ADD,
            {
                "id": request.id,
                "person": request.person,
                "kind": request.kind,
                "text_sealed": self._seal.close(request.text.encode()) if request.text else None,
                "asked_at": request.asked_at,
                "due": request.due,
                "state": request.state,
                "reason": request.reason,
                "taken_by": request.taken_by,
                "decided_by": request.decided_by,
                "decided_at": request.decided_at,
            },
        )

    def request(self, request_id: str) -> DataRequest | None:
        row = self._driver.record(_GET, {"asked": request_id})
        return None if row is None else self._request(row)

    def requests_of(self, person: str) -> list[DataRequest]:
        return [self._request(row) for row in self._driver.records(_OF, {"asked": person})]

    def open_requests(self) -> list[DataRequest]:
        return [self._request(row) for row in self._driver.records(_OPEN, {})]

    def decide(
        self, request_id: str, *, state: RequestState, reason: str, by: str, at: datetime
    ) -> bool:
        given = {"asked": request_id, "new_state": state, "why": reason, "by": by, "at": at}
        return self._driver.change(_DECIDE, given) == 1

    def tickets_of(self, person: str) -> list[tuple[str, str]]:
        if not person:
            return []
        return [(protocol, sid) for protocol, sid in self._driver.rows(_TICKETS, {"asked": person})]

    def rows_of_call(self, protocol: str, call_sid: str) -> list[Section]:
        given = {"asked_protocol": protocol, "asked_call_sid": call_sid}
        return self._sections(_of_calls(), given)

    def rows_of_person(self, person: str) -> list[Section]:
        return self._sections(_of_people(), {"asked": person}) if person else []

    def erase_person(self, person: str, *, at: datetime) -> Mapping[str, int]:
        done: dict[str, int] = {}
        if not person:
            return done
        for protocol, sid in self.tickets_of(person):
            for name, statement in _texts():
                done[name] = done.get(name, 0) + self._driver.change(statement, {"asked": protocol})
            self._mark(f"ticket:{protocol}", at)
            self._mark(f"contact:{sid}", at)
        for name, statement in _cuts():
            if name in GROWING:
                self._driver.change(OPEN_PASS, {"table_name": name})
            done[name] = done.get(name, 0) + self._driver.change(statement, {"asked": person})
            if name in GROWING:
                self._driver.change(CLOSE_PASS, {"asked": name})
        return {name: count for name, count in done.items() if count}

    def _mark(self, object: str, at: datetime) -> None:
        self._driver.change(MARK, {"object": object, "kind": "request", "at": at})

    def _request(self, row: dict[str, Any]) -> DataRequest:
        sealed = row.pop("text_sealed")
        return DataRequest(text=self._seal.open(sealed).decode() if sealed else "", **row)

    def _sections(
        self, statements: tuple[tuple[Table, Statement], ...], given: Mapping[str, Any]
    ) -> list[Section]:
        found = []
        for table, statement in statements:
            records = self._driver.records(statement, given)
            if records:
                told = [self._told(table.name, record) for record in records]
                found.append(Section(table=table.name, rows=told))
        return found

    def _told(self, table: str, record: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for name, value in record.items():
            if (table, name) in rows.SEALED_TEXTS:
                plain = self._seal.open(value).decode() if value else ""
                told[rows.SEALED_TEXTS[table, name]] = plain
            elif (table, name) in rows.SEALED_JSON:
                known = json.loads(self._seal.open(value)) if value else None
                told[rows.SEALED_JSON[table, name]] = known
            elif name not in rows.HIDDEN or (table == "data_requests" and name == "id"):
                told[name] = value
        return told
