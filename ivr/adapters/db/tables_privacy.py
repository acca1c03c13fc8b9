"""Tables of privacy: how long rows stay, what must stay longer, what was erased, who asked."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, LargeBinary, Table, Text

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata, row_id

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("object", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("removed_at", UtcDateTime),
)

erasures = Table(
    "erasures",
    metadata,
    row_id(),
    Column("object", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

data_requests = Table(
    "data_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("text_sealed", LargeBinary),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("due", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", UtcDateTime),
    CheckConstraint("kind IN ('access', 'correction', 'deletion')", name="kind"),
    CheckConstraint("state IN ('open', 'done', 'refused')", name="state"),
)

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("counts", JsonText, nullable=False),
)

retention_pass = Table(
    "retention_pass",
    metadata,
    Column("table_name", Text, primary_key=True),
)
"""A row lets its own transaction delete from a table that else only grows; none is committed."""

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
