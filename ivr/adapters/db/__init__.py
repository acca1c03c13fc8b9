"""The store on SQLite and PostgreSQL."""

from __future__ import annotations

from ivr.adapters.db.migrate import current, downgrade, upgrade
from ivr.adapters.db.store import SqlStore, open_store

__all__ = ["SqlStore", "current", "downgrade", "open_store", "upgrade"]
