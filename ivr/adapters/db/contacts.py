"""Who is behind a call: keyed hashes in columns, all that is personal sealed."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, select, update

from ivr.adapters.db.columns import UtcDateTime, to_json
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, upsert, values_of
from ivr.adapters.db.tables_tickets import contacts
from ivr.ports.sealing import Seal
from ivr.ports.tickets import Contact, Known

_c = contacts.c
_CHANGED = [column.name for column in contacts.c if column.name != "call_sid"]

_PUT = upsert(
    contacts,
    lambda insert: insert.values(values_of(contacts)).on_conflict_do_update(
        index_elements=[_c.call_sid],
        set_={name: insert.excluded[name] for name in _CHANGED},
    ),
)
_GET = Statement(select(contacts).where(_c.call_sid == bindparam("asked")))
_ERASE = Statement(
    update(contacts)
    .where(_c.at < bindparam("before", type_=UtcDateTime), _c.known_sealed.is_not(None))
    .values(known_sealed=None, caller_end="")
)


class SqlContacts:
    """The contacts of :class:`ivr.ports.tickets.TicketLog`."""

    __slots__ = ("_driver", "_seal")

    def __init__(self, driver: Driver, *, seal: Seal) -> None:
        self._driver = driver
        self._seal = seal

    def put(self, contact: Contact) -> None:
        known = (
            None if contact.erased else self._seal.close(to_json(asdict(contact.known)).encode())
        )
        self._driver.change(
            _PUT,
            {
                "call_sid": contact.call_sid,
                "protocol": contact.protocol,
                "person": contact.person,
                "matricula_hash": contact.matricula,
                "caller_hash": contact.caller_hash,
                "caller_end": contact.caller_end,
                "group": contact.group,
                "directory": contact.directory,
                "known_sealed": known,
                "at": contact.at,
            },
        )

    def get(self, call_sid: str) -> Contact | None:
        row = self._driver.record(_GET, {"asked": call_sid})
        if row is None:
            return None
        sealed = row["known_sealed"]
        known = Known() if sealed is None else Known(**json.loads(self._seal.open(sealed)))
        return Contact(
            call_sid=row["call_sid"],
            protocol=row["protocol"],
            person=row["person"],
            matricula=row["matricula_hash"],
            caller_hash=row["caller_hash"],
            caller_end=row["caller_end"],
            group=row["group"],
            directory=row["directory"],
            known=known,
            erased=sealed is None,
            at=row["at"],
        )

    def erase_known(self, *, before: datetime) -> int:
        """As in the port. Hashes stay: they say nothing without the key."""
        return self._driver.change(_ERASE, {"before": before})
