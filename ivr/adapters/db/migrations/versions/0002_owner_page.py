"""Log-ins, sessions, events and printed codes of the owner's page; alarms."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "owner_logins",
        _text("id"),
        _text("account"),
        _text("address"),
        _time("at"),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_owner_logins"),
    )
    op.create_index("ix_owner_logins_account", "owner_logins", ["account", "at"])
    op.create_index("ix_owner_logins_address", "owner_logins", ["address", "at"])
    op.create_table(
        "owner_sessions",
        _text("id"),
        _text("account"),
        _text("directory"),
        _text("uid"),
        _time("created_at"),
        _time("seen_at"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_owner_sessions"),
    )
    op.create_table(
        "owner_events",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(),
            nullable=False,
        ),
        _text("account"),
        _time("at"),
        _text("kind"),
        _text("data"),
        sa.PrimaryKeyConstraint("row_id", name="pk_owner_events"),
    )
    op.create_index("ix_owner_events_account", "owner_events", ["account", "at"])
    op.create_table(
        "owner_codes",
        _text("account"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("code_hash"),
        _time("made_at"),
        _time("used_at", nullable=True),
        sa.PrimaryKeyConstraint("account", "number", name="pk_owner_codes"),
    )
    op.create_table(
        "alarms",
        _text("key"),
        _text("kind"),
        _time("at"),
        sa.PrimaryKeyConstraint("key", name="pk_alarms"),
    )
    op.create_index("ix_alarms_at", "alarms", ["at"])
    _events_only_grow()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER owner_events_only_grow ON owner_events")
        op.execute("DROP FUNCTION owner_events_only_grow()")
    for table in ("alarms", "owner_codes", "owner_events", "owner_sessions", "owner_logins"):
        op.drop_table(table)


def _events_only_grow() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER owner_events_no_{change.lower()} BEFORE {change} ON owner_events "
                "BEGIN SELECT RAISE(ABORT, 'the events only grow'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION owner_events_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the events only grow'; END $$"
    )
    op.execute(
        "CREATE TRIGGER owner_events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON owner_events FOR EACH STATEMENT EXECUTE FUNCTION owner_events_only_grow()"
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
