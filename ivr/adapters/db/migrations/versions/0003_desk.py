"""People of the desk, their presence, offers, talks, legs, the routing ledger, changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GROWING = ("audit", "routing_ledger")


def upgrade() -> None:
    _staff_tables()
    _desk_tables()
    for table in GROWING:
        _only_grow(table)


def downgrade() -> None:
    for table in GROWING:
        _may_change(table)
    for table in (
        "changes",
        "routing_ledger",
        "legs",
        "engagements",
        "offers",
        "agent_presence",
        "audit",
        "staff_logins",
        "staff_sessions",
        "staff",
    ):
        op.drop_table(table)


def _staff_tables() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_used", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("audio", sa.Text(), nullable=False),
        sa.Column("line_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_sessions_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
    )
    op.create_index("ix_staff_sessions_staff", "staff_sessions", ["staff"])
    op.create_table(
        "staff_logins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_logins")),
    )
    op.create_index("ix_staff_logins_account", "staff_logins", ["account", "at"])
    op.create_index("ix_staff_logins_address", "staff_logins", ["address", "at"])
    op.create_table(
        "audit",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_object", "audit", ["object"])


def _desk_tables() -> None:
    op.create_table(
        "agent_presence",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offline', 'available', 'reserved', 'ringing', 'in_call', 'wrap_up', "
            "'paused')",
            name=op.f("ck_agent_presence_state"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["staff.id"], name=op.f("fk_agent_presence_agent")),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_presence")),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'seen', 'ringing', 'answered', 'declined', 'expired', "
            "'abandoned')",
            name=op.f("ck_offers_state"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["staff.id"], name=op.f("fk_offers_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_agent", "offers", ["agent", "reserved_at"])
    op.create_index("ix_offers_call_sid", "offers", ["call_sid"])
    op.create_index(
        "uq_offers_open_agent",
        "offers",
        ["agent"],
        unique=True,
        sqlite_where=sa.text("state IN ('reserved', 'seen', 'ringing')"),
        postgresql_where=sa.text("state IN ('reserved', 'seen', 'ringing')"),
    )
    op.create_index(
        "uq_offers_open_call",
        "offers",
        ["call_sid"],
        unique=True,
        sqlite_where=sa.text("state IN ('reserved', 'seen', 'ringing')"),
        postgresql_where=sa.text("state IN ('reserved', 'seen', 'ringing')"),
    )
    op.create_table(
        "engagements",
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_seconds", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("consult", sa.Text(), nullable=False),
        sa.Column("notes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("notes_version", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("contact_class", sa.Text(), nullable=False),
        sa.Column("callback_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrap_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "recording IN ('off', 'on', 'paused')", name=op.f("ck_engagements_recording")
        ),
        sa.ForeignKeyConstraint(["agent"], ["staff.id"], name=op.f("fk_engagements_agent")),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"], name=op.f("fk_engagements_offer")),
        sa.PrimaryKeyConstraint("offer", name=op.f("pk_engagements")),
    )
    op.create_index("ix_engagements_agent", "engagements", ["agent", "started_at"])
    op.create_index("ix_engagements_call_sid", "engagements", ["call_sid"])
    op.create_index("ix_engagements_protocol", "engagements", ["protocol"])
    op.create_index(
        "uq_engagements_live_agent",
        "engagements",
        ["agent"],
        unique=True,
        sqlite_where=sa.text("wrapped_at IS NULL"),
        postgresql_where=sa.text("wrapped_at IS NULL"),
    )
    op.create_table(
        "legs",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('agent', 'consult', 'citizen', 'supervisor')", name=op.f("ck_legs_role")
        ),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_legs")),
    )
    op.create_index("ix_legs_call_sid", "legs", ["call_sid"])
    op.create_index("ix_legs_offer", "legs", ["offer"])
    op.create_table(
        "routing_ledger",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_routing_ledger")),
    )
    op.create_index("ix_routing_ledger_at", "routing_ledger", ["at"])
    op.create_index("ix_routing_ledger_call_sid", "routing_ledger", ["call_sid"])
    op.create_table(
        "changes",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_at", "changes", ["at"])


def _only_grow(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'these rows only grow'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'these rows only grow'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()"
    )


def _may_change(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute(f"DROP FUNCTION {table}_only_grows()")
