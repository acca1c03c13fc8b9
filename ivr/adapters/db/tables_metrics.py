"""Tables of the figures, of alerts, and of what a supervisor switches."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from ivr.adapters.db import tables
from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.tables import metadata, row_id
from ivr.adapters.db.tables_desk import engagements

metric_buckets = Table(
    "metric_buckets",
    metadata,
    Column("bucket", UtcDateTime, primary_key=True),
    Column("version", Text, nullable=False),
    Column("rolled_at", UtcDateTime, nullable=False, index=True),
)

metric_rollups = Table(
    "metric_rollups",
    metadata,
    Column("bucket", UtcDateTime, ForeignKey("metric_buckets.bucket"), primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    row_id(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False, index=True),
    Column("cleared_at", UtcDateTime),
    Column("seen_by", Text, nullable=False),
    Column("seen_at", UtcDateTime),
    CheckConstraint("level IN ('attention', 'critical')", name="level"),
)
_raised = text("cleared_at IS NULL")
Index(
    "uq_alerts_raised",
    alerts.c.kind,
    alerts.c.subject,
    unique=True,
    sqlite_where=_raised,
    postgresql_where=_raised,
)

closed_queues = Table(
    "closed_queues",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("by", Text, nullable=False),
)

outages = Table(
    "outages",
    metadata,
    row_id(),
    Column("prompt", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("ended_at", UtcDateTime),
)

Index("ix_calls_started_at", tables.calls.c.started_at)
Index("ix_queue_entries_entered_at", tables.queue_entries.c.entered_at)
Index("ix_engagements_started_at", engagements.c.started_at)
Index("ix_tickets_closed_at", tables.tickets.c.closed_at)
