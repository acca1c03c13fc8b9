"""The metadata with every table in it."""

from __future__ import annotations

from ivr.adapters.db import (
    tables_admin,
    tables_desk,
    tables_log,
    tables_metrics,
    tables_privacy,
    tables_room,
    tables_staff,
    tables_tickets,
    tables_transcripts,
)
from ivr.adapters.db.tables import metadata

__all__ = [
    "metadata",
    "tables_admin",
    "tables_desk",
    "tables_log",
    "tables_metrics",
    "tables_privacy",
    "tables_room",
    "tables_staff",
    "tables_tickets",
    "tables_transcripts",
]
