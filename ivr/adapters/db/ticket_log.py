"""The history of tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, select

from ivr.adapters.db import tables
from ivr.adapters.db.contacts import SqlContacts
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, values_of
from ivr.adapters.db.tables_tickets import ticket_events
from ivr.adapters.db.webhook_targets import Deliveries
from ivr.ports.sealing import Seal
from ivr.ports.store import Job, Outbox
from ivr.ports.tickets import Contact, RecordedProof, TicketEvent

_e = ticket_events.c
_a = tables.attempts.c

_NOTE = Statement(ticket_events.insert().values(values_of(ticket_events)).returning(_e.row_id))
_EVENTS = Statement(
    select(_e.row_id, _e.protocol, _e.at, _e.kind, _e.actor, _e.data, _e.text_sealed)
    .where(_e.protocol == bindparam("asked"), _e.kind != "webhook.ordered")
    .order_by(_e.at.desc(), _e.row_id.desc())
)
_PROOFS = Statement(
    select(_a.factor, _a.account, _a.at, _a.passed)
    .where(_a.call_sid == bindparam("asked"))
    .order_by(_a.at, _a.turn)
)


class SqlTicketLog:
    """:class:`ivr.ports.tickets.TicketLog`."""

    __slots__ = ("_contacts", "_deliveries", "_driver", "_now", "_seal")

    def __init__(
        self, driver: Driver, *, seal: Seal, outbox: Outbox, now: Callable[[], datetime]
    ) -> None:
        self._driver = driver
        self._now = now
        self._seal = seal
        self._contacts = SqlContacts(driver, seal=seal)
        self._deliveries = Deliveries(driver, outbox=outbox)

    def note(self, event: TicketEvent) -> int:
        number = self._write(event)
        numbered = TicketEvent(
            number=number,
            protocol=event.protocol,
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            data=event.data,
        )
        self._deliveries.order(numbered, self._write)
        return number

    def events(self, protocol: str) -> list[TicketEvent]:
        rows = self._driver.rows(_EVENTS, {"asked": protocol})
        return [
            TicketEvent(
                number=number,
                protocol=found,
                at=at,
                kind=kind,
                actor=actor,
                data=data,
                text="" if sealed is None else self._seal.open(sealed).decode(),
            )
            for number, found, at, kind, actor, data, sealed in rows
        ]

    def put_contact(self, contact: Contact) -> None:
        self._contacts.put(contact)

    def contact(self, call_sid: str) -> Contact | None:
        return self._contacts.get(call_sid)

    def erase_known(self, *, before: datetime) -> int:
        return self._contacts.erase_known(before=before)

    def proofs(self, call_sid: str) -> list[RecordedProof]:
        rows = self._driver.records(_PROOFS, {"asked": call_sid})
        return [RecordedProof(**row) for row in rows]

    def ordered_again(self, protocol: str, job: Job, *, key: str) -> None:
        data = {"job": key, "event": job.payload["body"]["type"], "target": job.payload["target"]}
        self._write(
            TicketEvent(
                protocol=protocol,
                at=self._now(),
                kind="webhook.ordered",
                actor="system",
                data=data,
            )
        )

    def deliveries(self, protocol: str) -> list[Job]:
        return self._deliveries.of(protocol)

    def _write(self, event: TicketEvent) -> int:
        sealed = self._seal.close(event.text.encode()) if event.text else None
        return int(
            self._driver.value(
                _NOTE,
                {
                    "protocol": event.protocol,
                    "at": event.at,
                    "kind": event.kind,
                    "actor": event.actor,
                    "data": event.data,
                    "text_sealed": sealed,
                },
            )
        )
