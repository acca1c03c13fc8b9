"""Figures by half hour, alerts, queues that are closed by hand, messages in front of the menu."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "calls": "started_at",
    "engagements": "started_at",
    "queue_entries": "entered_at",
    "tickets": "closed_at",
}
"""Periods are counted by these."""


def upgrade() -> None:
    _figures()
    _alerts()
    op.create_table(
        "closed_queues",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_closed_queues")),
    )
    op.create_table(
        "outages",
        sa.Column("row_id", BIG_ID, sa.Identity(always=False), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_outages")),
    )
    op.create_index("ix_outages_until", "outages", ["until"])
    for table, column in INDEXES.items():
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in INDEXES.items():
        op.drop_index(f"ix_{table}_{column}", table)
    for table in ("outages", "closed_queues", "alerts", "metric_rollups", "metric_buckets"):
        op.drop_table(table)


def _figures() -> None:
    op.create_table(
        "metric_buckets",
        sa.Column("bucket", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("rolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_metric_buckets")),
    )
    op.create_index("ix_metric_buckets_rolled_at", "metric_buckets", ["rolled_at"])
    op.create_table(
        "metric_rollups",
        sa.Column("bucket", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bucket"], ["metric_buckets.bucket"], name=op.f("fk_metric_rollups_bucket")
        ),
        sa.PrimaryKeyConstraint("bucket", "measure", "key", name=op.f("pk_metric_rollups")),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("row_id", BIG_ID, sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("level IN ('attention', 'critical')", name=op.f("ck_alerts_level")),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"])
    op.create_index(
        "uq_alerts_raised",
        "alerts",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
