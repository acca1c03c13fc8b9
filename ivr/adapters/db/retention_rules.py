"""Which rows a class of data is, when each is due, and which legal holds keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Delete,
    Integer,
    Select,
    Table,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
)

from ivr.adapters.db import tables, tables_privacy, tables_staff
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.statement import Statement
from ivr.adapters.db.tables_desk import changes
from ivr.adapters.db.tables_privacy import legal_holds, retention_pass
from ivr.adapters.db.tables_tickets import contacts
from ivr.domain.retention import RetentionClass

GROWING = ("journal", "owner_events", "routing_ledger")
"""Tables whose triggers let only retention delete."""
_h = legal_holds.c
_t = tables.tickets.c
_before = bindparam("before", type_=UtcDateTime)
_most = bindparam("most", type_=Integer)


def held(*objects: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a hold on one of these objects stands."""
    return (
        select(literal(1))
        .select_from(legal_holds)
        .where(_h.removed_at.is_(None), or_(*(_h.object == one for one in objects)))
        .exists()
    )


def of_person(column: ColumnElement[str]) -> ColumnElement[str]:
    return literal("person:").concat(column)


def of_ticket(column: ColumnElement[str]) -> ColumnElement[str]:
    return literal("ticket:").concat(column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows of one table that are deleted when ``moment`` is old enough."""

    table: Table
    moment: ColumnElement[object]
    person: ColumnElement[str] | None = None
    """Keyed hash of whose they are."""
    only: ColumnElement[bool] | None = None

    @property
    def held(self) -> ColumnElement[bool]:
        return false() if self.person is None else held(of_person(self.person))

    def due(self) -> list[ColumnElement[bool]]:
        found = [self.moment <= _before]
        return found if self.only is None else [*found, self.only]

    def count(self) -> Statement:
        """Rows, their oldest moment; not those that are held."""
        return Statement(
            select(func.count(), func.min(self.moment, type_=UtcDateTime))
            .select_from(self.table)
            .where(*self.due(), ~self.held)
        )

    def count_held(self) -> Statement:
        return Statement(select(func.count()).select_from(self.table).where(*self.due(), self.held))

    def delete(self) -> Statement:
        """Up to ``most`` rows."""
        key = tuple_(*self.table.primary_key.columns)
        if len(self.table.primary_key.columns) == 1:
            key = next(iter(self.table.primary_key.columns))  # type: ignore[assignment]
        chosen: Select[tuple[object, ...]] = (
            select(*self.table.primary_key.columns).where(*self.due(), ~self.held).limit(_most)
        )
        statement: Delete = delete(self.table).where(key.in_(chosen))
        return Statement(statement)


def _rule(
    table: Table, moment: str, *, person: str = "", only: ColumnElement[bool] | None = None
) -> Rule:
    return Rule(
        table=table,
        moment=table.c[moment],
        person=table.c[person] if person else None,
        only=only,
    )


_o, _s = tables.owner_sessions.c, tables_staff.staff_sessions.c
RULES: dict[RetentionClass, Sequence[Rule]] = {
    "logins": (
        _rule(tables_staff.staff_logins, "at"),
        _rule(tables.owner_logins, "at", person="account"),
        _rule(tables.attempts, "at", person="account"),
    ),
    "sessions": (
        Rule(table=tables_staff.staff_sessions, moment=func.coalesce(_s.ended_at, _s.seen_at)),
        Rule(
            table=tables.owner_sessions,
            moment=func.coalesce(_o.ended_at, _o.seen_at),
            person=_o.account,
        ),
    ),
    "secrets": (
        _rule(tables.codes, "expires_at", person="account"),
        _rule(tables.links, "expires_at"),
        _rule(tables.secrets, "expires_at"),
        _rule(tables.freezes, "until", person="account"),
    ),
    "jobs": (_rule(tables.outbox, "settled_at"),),
    "owner_events": (
        _rule(tables.owner_events, "at", person="account"),
        _rule(tables.resets, "at", person="account"),
    ),
    "alarms": (_rule(tables.alarms, "at"),),
    "changes": (_rule(changes, "at"),),
    "requests": (
        _rule(tables_privacy.data_requests, "decided_at", person="person"),
        _rule(legal_holds, "removed_at"),
    ),
}
"""Classes that are whole rows, each due by a time of its own."""

_root = tables.tickets.alias("root")
TICKET_HELD = held(of_ticket(_t.protocol), of_person(_t.person)) | (
    select(literal(1))
    .select_from(tables.recordings)
    .where(
        tables.recordings.c.protocol == _t.protocol,
        held(literal("recording:").concat(tables.recordings.c.sid)),
    )
    .exists()
)
_JOINED_TO_ONE_THAT_STAYS = (
    select(literal(1))
    .select_from(_root)
    .where(
        _root.c.protocol == _t.merged_into,
        (_root.c.status != "closed") | _root.c.closed_at.is_(None) | (_root.c.closed_at > _before),
    )
    .exists()
)
TICKET_DUE = [_t.status == "closed", _t.closed_at <= _before, ~_JOINED_TO_ONE_THAT_STAYS]

_c = contacts.c
_ITS_TICKET = _t.protocol == _c.protocol
CONTACT_DUE = [_c.known_sealed.is_not(None), _c.at <= _before, _t.status == "closed"]
CONTACT_HELD = held(of_ticket(_c.protocol), of_person(_c.person))
CONTACTS = contacts.join(tables.tickets, _ITS_TICKET)

_r = tables.recordings.c
RECORDINGS = tables.recordings.join(tables.tickets, _t.protocol == _r.protocol)
RECORDING_DUE = [_r.state != "erased", _r.at <= _before]
RECORDING_HELD = held(
    literal("recording:").concat(_r.sid), of_ticket(_r.protocol), of_person(_t.person)
)

OPEN_PASS = Statement(insert(retention_pass).values(table_name=bindparam("table_name")))
CLOSE_PASS = Statement(
    delete(retention_pass).where(retention_pass.c.table_name == bindparam("asked"))
)


@cache
def of_a_call() -> tuple[tuple[str, Statement], ...]:
    """Deletions by call and protocol from every table that names either, in the order in which
    rows may go."""
    found = []
    for table in reversed(metadata.sorted_tables):
        whose = of_keys(table)
        if whose is not None:
            found.append((table.name, Statement(delete(table).where(whose))))
    return tuple(found)


def of_keys(table: Table) -> ColumnElement[bool] | None:
    """Whether a row is of a call or its ticket, by itself or by the row that it refers to; None
    for a table that has nothing of calls."""
    keys = [name for name in ("call_sid", "protocol") if name in table.c]
    if keys:
        return or_(*(table.c[name] == bindparam(f"asked_{name}") for name in keys))
    for column in table.c:
        for key in column.foreign_keys:
            parent = of_keys(key.column.table)
            if parent is not None:
                return column.in_(select(key.column).where(parent))
    return None
