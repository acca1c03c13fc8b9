"""Flow files by revision: a call ends on the flows it began with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from ivr.adapters.db import tables
from ivr.adapters.db.driver import Driver
from ivr.adapters.db.statement import Statement, insert_once

_f = tables.flow_revisions.c

_SAVE = insert_once(tables.flow_revisions)
_GET = Statement(select(_f.files).where(_f.revision == bindparam("asked")))


class SqlFlows:
    """:class:`ivr.ports.store.Flows`."""

    __slots__ = ("_driver",)

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def save(self, revision: str, files: str, *, at: datetime) -> None:
        """As in the port. A revision that is there stays as it is."""
        self._driver.change(_SAVE, {"revision": revision, "files": files, "at": at})

    def get(self, revision: str) -> str | None:
        files: str | None = self._driver.value(_GET, {"asked": revision})
        return files
