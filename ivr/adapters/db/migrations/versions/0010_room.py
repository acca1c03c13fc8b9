"""Supervisors in talks, talks that are shut to them, and calls to numbers outside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LIVE = {
    "sqlite_where": sa.text("ended_at IS NULL"),
    "postgresql_where": sa.text("ended_at IS NULL"),
}


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "supervisions",
        *_text("id", "offer", "call_sid", "protocol", "agent", "supervisor", "reason", "mode"),
        _time("asked_at", nullable=False),
        _time("joined_at"),
        _time("ended_at"),
        *_text("end_reason", "leg"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('listen', 'whisper', 'barge')", name=op.f("ck_supervisions_mode")
        ),
        sa.ForeignKeyConstraint(
            ["offer"], ["offers.id"], name=op.f("fk_supervisions_offer_offers")
        ),
        sa.ForeignKeyConstraint(["agent"], ["staff.id"], name=op.f("fk_supervisions_agent_staff")),
        sa.ForeignKeyConstraint(
            ["supervisor"], ["staff.id"], name=op.f("fk_supervisions_supervisor_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisions")),
    )
    op.create_index(op.f("ix_supervisions_call_sid"), "supervisions", ["call_sid"])
    op.create_index("ix_supervisions_supervisor", "supervisions", ["supervisor", "asked_at"])
    op.create_index("uq_supervisions_live_offer", "supervisions", ["offer"], unique=True, **LIVE)
    op.create_index(
        "uq_supervisions_live_supervisor", "supervisions", ["supervisor"], unique=True, **LIVE
    )
    op.create_table(
        "shut_talks",
        *_text("offer", "call_sid", "protocol"),
        _time("at", nullable=False),
        sa.Column("opening", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"], name=op.f("fk_shut_talks_offer_offers")),
        sa.PrimaryKeyConstraint("offer", name=op.f("pk_shut_talks")),
    )
    op.create_index(op.f("ix_shut_talks_call_sid"), "shut_talks", ["call_sid"])
    op.create_table(
        "outside_calls",
        *_text("id", "offer", "call_sid", "protocol", "agent", "kind", "label"),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        *_text("state"),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        _time("asked_at", nullable=False),
        _time("answered_at"),
        _time("ended_at"),
        *_text("end_reason", "leg"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('warm', 'cold')", name=op.f("ck_outside_calls_kind")),
        sa.CheckConstraint(
            "state IN ('dialling', 'talking', 'ended')", name=op.f("ck_outside_calls_state")
        ),
        sa.ForeignKeyConstraint(
            ["offer"], ["offers.id"], name=op.f("fk_outside_calls_offer_offers")
        ),
        sa.ForeignKeyConstraint(["agent"], ["staff.id"], name=op.f("fk_outside_calls_agent_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_calls")),
    )
    op.create_index(op.f("ix_outside_calls_call_sid"), "outside_calls", ["call_sid"])
    op.create_index("ix_outside_calls_offer", "outside_calls", ["offer", "asked_at"])
    op.create_index(
        "uq_outside_calls_live_call", "outside_calls", ["call_sid"], unique=True, **LIVE
    )


def downgrade() -> None:
    for name in ("outside_calls", "shut_talks", "supervisions"):
        op.drop_table(name)
