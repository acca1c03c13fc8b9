"""Other desks that are told of tickets and calls, and the deliveries that are ordered for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert
from ivr.adapters.db.tables_tickets import ticket_events, webhook_targets
from ivr.ports.sealing import Seal
from ivr.ports.store import Job, Outbox
from ivr.ports.tickets import DELIVERY, TicketEvent, WebhookTarget

_w = webhook_targets.c
_e = ticket_events.c
_t = tables.tickets.c
_o = tables.outbox.c

_ADD = insert(webhook_targets)
_GET = Statement(select(webhook_targets).where(_w.id == bindparam("asked")))
_ALL = Statement(select(webhook_targets).order_by(_w.name, _w.id))
_LISTENING = Statement(select(_w.id, _w.events).where(_w.active).order_by(_w.id))
_REMOVE = Statement(delete(webhook_targets).where(_w.id == bindparam("asked")))
_TOLD = Statement(select(tables.tickets).where(_t.protocol == bindparam("asked")))
_ORDERED = Statement(
    select(_e.data)
    .where(_e.protocol == bindparam("asked"), _e.kind == "webhook.ordered")
    .order_by(_e.row_id.desc())
    .limit(200)
)

_EVENTS = {
    "opened": "ticket.opened",
    "status": "ticket.changed",
    "assigned": "ticket.changed",
    "joined": "ticket.changed",
    "rated": "ticket.changed",
    "note": "ticket.changed",
    "call.started": "call.started",
    "call.answered": "call.answered",
    "call.ended": "call.ended",
}
_TELLS = (
    "protocol", "status", "outcome", "service", "subject", "identity", "rating", "merged_into",
    "opened_at", "closed_at", "due_business", "due_calendar",
)  # fmt: skip
"""Columns of a ticket that leave the house: none of them is personal."""


class SqlWebhookTargets:
    """:class:`ivr.ports.tickets.WebhookTargets`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def add(self, target: WebhookTarget) -> None:
        self._driver.change(
            _ADD,
            {
                "id": target.id,
                "name": target.name,
                "url": target.url,
                "secret_sealed": self._seal.close(target.secret),
                "events": {"names": list(target.events)},
                "active": target.active,
                "created_at": target.created_at,
            },
        )

    def get(self, target_id: str) -> WebhookTarget | None:
        row = self._driver.record(_GET, {"asked": target_id})
        return None if row is None else self._target(row)

    def everyone(self) -> list[WebhookTarget]:
        return [self._target(row) for row in self._driver.records(_ALL, {})]

    def remove(self, target_id: str) -> bool:
        return self._driver.change(_REMOVE, {"asked": target_id}) == 1

    def _target(self, row: Mapping[str, Any]) -> WebhookTarget:
        return WebhookTarget(
            id=row["id"],
            name=row["name"],
            url=row["url"],
            secret=self._seal.open(row["secret_sealed"]),
            events=tuple(row["events"]["names"]),
            active=row["active"],
            created_at=row["created_at"],
        )


class Deliveries:
    """Orders one outbox job for each target that listens to an event of a ticket."""

    __slots__ = ("_driver", "_outbox")

    def __init__(self, driver: Driver, *, outbox: Outbox) -> None:
        self._driver = driver
        self._outbox = outbox

    def order(self, event: TicketEvent, note: Callable[[TicketEvent], Any]) -> None:
        """In the transaction of the event. ``note`` writes the line that finds the job again.

        The message and its id are fixed here, so that every try sends the same bytes.
        """
        name = event_of(event)
        if not name:
            return
        targets = [
            target
            for target, events in self._driver.rows(_LISTENING, {})
            if name in events["names"]
        ]
        if not targets:
            return
        data = self._data(event)
        for target in targets:
            key = f"webhook:{event.number}:{target}"
            digest = hashlib.sha256(f"{event.protocol}:{key}".encode()).hexdigest()
            payload = {
                "target": target,
                "message": f"msg_{digest[:24]}",
                "body": {"type": name, "timestamp": event.at.isoformat(), "data": data},
            }
            self._outbox.add(Job(key=key, kind=DELIVERY, call_sid="", payload=payload))
            note(
                TicketEvent(
                    protocol=event.protocol,
                    at=event.at,
                    kind="webhook.ordered",
                    actor="system",
                    data={"job": key, "event": name, "target": target},
                )
            )

    def of(self, protocol: str) -> list[Job]:
        rows = self._driver.rows(_ORDERED, {"asked": protocol})
        jobs = [self._outbox.get(str(data["job"])) for (data,) in rows]
        return [job for job in jobs if job is not None]

    def _data(self, event: TicketEvent) -> dict[str, Any]:
        row = self._driver.record(_TOLD, {"asked": event.protocol}) or {}
        told: dict[str, Any] = {name: _plain(row.get(name)) for name in _TELLS}
        if "call_sid" in event.data:
            told["call"] = event.data["call_sid"]
        told["change"] = event.kind
        return told


def event_of(event: TicketEvent) -> str:
    """Name of the outgoing event of a line, empty for one that stays in the house."""
    if event.kind == "status" and event.data.get("status") == "closed":
        return "ticket.closed"
    return _EVENTS.get(event.kind, "")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value
