"""The call log: one row for each call that is over, and each person's views of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ALL = ("service", "outcome", "ended_by", "identity", "duration")
SOME = {
    "caller_hash": "caller_hash <> ''",
    "person": "person <> ''",
    "matricula_hash": "matricula_hash <> ''",
    "contact_class": "contact_class <> ''",
    "rating": "rating IS NOT NULL",
}
FLAGS = ("had_error", "recorded", "transferred", "abandoned")


def upgrade() -> None:
    _facts()
    _indexes()
    op.create_table(
        "call_marks",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_sid"], ["call_facts.sid"], name=op.f("fk_call_marks_call_sid")
        ),
        sa.PrimaryKeyConstraint(
            "kind", "value", "started_at", "call_sid", name=op.f("pk_call_marks")
        ),
    )
    op.create_index("ix_call_marks_call_sid", "call_marks", ["call_sid"])
    op.create_table(
        "log_views",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_log_views_staff")),
        sa.PrimaryKeyConstraint("staff", "kind", "name", name=op.f("pk_log_views")),
    )


def downgrade() -> None:
    for table in ("log_views", "call_marks", "call_facts"):
        op.drop_table(table)


def _facts() -> None:
    words = (
        "caller_hash", "person", "matricula_hash", "agent", "queue", "service", "outcome", "node",
        "ended_by", "identity", "revision", "contact_class",
    )  # fmt: skip
    numbers = ("ivr_seconds", "queue_seconds", "talk_seconds", "queue_position")
    op.create_table(
        "call_facts",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        sa.Column("rating", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in numbers),
        sa.Column("duration", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in FLAGS),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_call_facts")),
        sa.UniqueConstraint("protocol", name=op.f("uq_call_facts_protocol")),
    )


def _indexes() -> None:
    op.create_index("ix_call_facts_started_at_sid", "call_facts", ["started_at", "sid"])
    for name in ALL:
        op.create_index(f"ix_call_facts_{name}", "call_facts", [name, "started_at", "sid"])
    partly = {name: ([name], where) for name, where in SOME.items()}
    partly |= {name: ([], name) for name in FLAGS}
    for name, (first, where) in partly.items():
        op.create_index(
            f"ix_call_facts_{name}",
            "call_facts",
            [*first, "started_at", "sid"],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
