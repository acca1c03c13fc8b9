"""The search of the desk: one box that knows a protocol, a telephone, a CPF and a matrícula.

What is typed is compared by keyed hash; a name cannot be searched for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ivr.domain.identifier import Identifier, IdentifierKind, parse_identifier
from ivr.domain.local_time import at_local, local_date
from ivr.domain.phone_number import normalise_phone
from ivr.domain.protocol_number import Protocol, parse_protocol
from ivr.ports.staff import AuditLine
from ivr.ports.store import TicketRow, Transaction
from ivr.ports.tickets import TicketFilter
from ivr.service.runtime import Runtime

Kind = Literal["protocol", "telefone", "cpf", "matricula", "servico"]
PAGE = 50
MISSED = ("abandoned", "wants_person", "fault")
"""Outcomes of calls that nobody served."""
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``kinds``: what the text was taken for, empty when it is nothing that can be searched.

    ``more``: protocol to go on after, empty on the last page.
    """

    tickets: tuple[TicketRow, ...] = ()
    kinds: tuple[Kind, ...] = ()
    more: str = ""


def search(rt: Runtime, text: str, *, by: str = "", after: str = "") -> Found:
    """Tickets that a text speaks of, newest first. ``by``: who searches, for the audit log,
    which keeps what kind of thing was looked for and never the thing."""
    wanted = understand(rt, text)
    if not wanted:
        return Found()
    with rt.store.begin(write=bool(by)) as tx:
        before = _cursor(tx, after)
        rows: dict[str, TicketRow] = {}
        for filter_ in wanted.values():
            page = filter_ if before is None else _after(filter_, before)
            for row in tx.ticket_lists.find(page):
                rows[row.protocol] = row
        if by:
            data = {"kinds": list(wanted), "found": len(rows)}
            tx.audit.add(
                AuditLine(
                    at=tx.now(), actor=by, action="ticket.searched", object="tickets", data=data
                )
            )
    return _page(list(rows.values()), kinds=tuple(wanted))


def understand(rt: Runtime, text: str) -> dict[Kind, TicketFilter]:
    """What a text may be. Eleven digits may be a CPF and a mobile at once: both are looked for."""
    plain = text.strip()
    found: dict[Kind, TicketFilter] = {}
    if not plain or len(plain) > LONGEST or not plain.isascii():
        return found
    protocol = parse_protocol(plain)
    if isinstance(protocol, Protocol):
        return {"protocol": TicketFilter(protocol=protocol.digits)}
    digits = re.sub(r"[.\-/ ]", "", plain)
    if digits.isdigit():
        for kind in (IdentifierKind.CPF, IdentifierKind.MATRICULA):
            number = parse_identifier(kind, digits)
            if isinstance(number, Identifier):
                hashed = rt.keyed_hash(kind.value, number.digits)
                if kind is IdentifierKind.CPF:
                    found["cpf"] = TicketFilter(person=hashed, limit=PAGE + 1)
                else:
                    found["matricula"] = TicketFilter(matricula=hashed, limit=PAGE + 1)
        service = next((s.key for s in rt.catalogue.services if s.code == digits), "")
        if service:
            found["servico"] = TicketFilter(service=service, limit=PAGE + 1)
    number_ = normalise_phone(plain)
    if number_ is not None:
        hashed = rt.keyed_hash("phone", number_)
        found["telefone"] = TicketFilter(caller=hashed, limit=PAGE + 1)
    return found


def recent(
    rt: Runtime, *, days: int = 1, agent: str = "", missed: bool = False, after: str = ""
) -> Found:
    """Tickets of the last days, today counted in; ``agent``: only those in somebody's hands,
    of any age; ``missed``: only calls that nobody served."""
    with rt.store.begin(write=False) as tx:
        return _page(
            tx.ticket_lists.find(
                TicketFilter(
                    agent=agent,
                    status=("open", "pending") if agent else (),
                    outcomes=MISSED if missed else (),
                    ended=missed,
                    since=None if agent else _since(tx.now(), days),
                    before=_cursor(tx, after),
                    limit=PAGE + 1,
                )
            )
        )


def _since(now: datetime, days: int) -> datetime:
    first = local_date(now) - timedelta(days=max(1, days) - 1)
    return at_local(first, datetime.min.time())


def _cursor(tx: Transaction, after: str) -> tuple[datetime, str] | None:
    ticket = tx.tickets.by_protocol(after) if after else None
    return (ticket.opened_at, ticket.protocol) if ticket else None


def _after(wanted: TicketFilter, before: tuple[datetime, str]) -> TicketFilter:
    return TicketFilter(
        protocol=wanted.protocol,
        person=wanted.person,
        matricula=wanted.matricula,
        caller=wanted.caller,
        service=wanted.service,
        before=before,
        limit=wanted.limit,
    )


def _page(rows: list[TicketRow], *, kinds: tuple[Kind, ...] = ()) -> Found:
    rows = sorted(rows, key=lambda row: (row.opened_at, row.protocol), reverse=True)
    more = rows[PAGE - 1].protocol if len(rows) > PAGE else ""
    return Found(tickets=tuple(rows[:PAGE]), kinds=kinds, more=more)
