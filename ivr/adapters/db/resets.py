"""Password resets: links, temporary secrets, what was done, what is frozen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, select, update

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert, insert_once, upsert, values_of
from ivr.ports.store import LinkRow

_l = tables.links.c
_r = tables.resets.c
_s = tables.secrets.c
_f = tables.freezes.c

_ADD_LINK = insert(tables.links)
_LINK = Statement(select(tables.links).where(_l.id == bindparam("asked")))
_USE_LINK = Statement(
    update(tables.links)
    .where(_l.id == bindparam("asked"), _l.used_at.is_(None))
    .values(used_at=bindparam("at"), salt=None)
)

_RECORD = insert_once(tables.resets)
_COMPLETED = Statement(
    select(func.count())
    .select_from(tables.resets)
    .where(_r.account == bindparam("asked"), _r.at >= bindparam("since"))
)

_ADD_SECRET = insert_once(tables.secrets)
_SECRET = Statement(
    select(_s.salt).where(_s.job == bindparam("asked"), _s.expires_at > bindparam("now"))
)
_ERASE_SECRET = Statement(delete(tables.secrets).where(_s.job == bindparam("asked")))

_FREEZE = upsert(
    tables.freezes,
    lambda insert: insert.values(values_of(tables.freezes)).on_conflict_do_update(
        index_elements=[_f.account],
        set_={"until": case((insert.excluded.until > _f.until, insert.excluded.until),
                            else_=_f.until)},
    ),
)  # fmt: skip
_FROZEN = Statement(
    select(_f.account).where(_f.account == bindparam("asked"), _f.until > bindparam("now"))
)


class SqlResets:
    """:class:`ivr.ports.store.Resets`."""

    __slots__ = "_driver"

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def add_link(self, link: LinkRow) -> None:
        self._driver.change(_ADD_LINK, asdict(link))

    def link(self, link_id: str) -> LinkRow | None:
        row = self._driver.record(_LINK, {"asked": link_id})
        return None if row is None else LinkRow(**{**row, "salt": row["salt"] or b""})

    def use_link(self, link_id: str, *, at: datetime) -> bool:
        return self._driver.change(_USE_LINK, {"asked": link_id, "at": at}) == 1

    def completed(self, *, account: str, since: datetime) -> int:
        return int(self._driver.value(_COMPLETED, {"asked": account, "since": since}))

    def record(self, *, account: str, service: str, job: str, at: datetime) -> None:
        """Write down a reset, once for each job that is named."""
        self._driver.change(
            _RECORD,
            {"account": account, "service": service, "job": job, "at": at},
        )

    def add_secret(self, job: str, salt: bytes, *, expires_at: datetime) -> None:
        """As in the port. The first salt of a job stays: the directory may hold its password."""
        self._driver.change(_ADD_SECRET, {"job": job, "salt": salt, "expires_at": expires_at})

    def secret(self, job: str, *, now: datetime) -> bytes | None:
        """As in the port; None once it is over or erased."""
        salt: bytes | None = self._driver.value(_SECRET, {"asked": job, "now": now})
        return salt

    def erase_secret(self, job: str) -> None:
        self._driver.change(_ERASE_SECRET, {"asked": job})

    def freeze(self, account: str, *, until: datetime) -> None:
        """As in the port. A freeze is never made shorter."""
        self._driver.change(_FREEZE, {"account": account, "until": until})

    def frozen(self, account: str, *, now: datetime) -> bool:
        return self._driver.row(_FROZEN, {"asked": account, "now": now}) is not None
