"""The audit log becomes a chain; retention, legal holds, erasures, requests, heartbeats."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

from ivr.domain.audit_chain import START, digest

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

GROWING = {
    "journal": ("grows", "the journal only grows"),
    "owner_events": ("grow", "the events only grow"),
    "routing_ledger": ("grows", "these rows only grow"),
}
"""Tables from which retention may delete: verb of the trigger's name, its words."""


def upgrade() -> None:
    _tables()
    for table in GROWING:
        _guard_deletes(table, passable=True)
    _chain_the_audit()


def downgrade() -> None:
    _unchain_the_audit()
    for table in GROWING:
        _guard_deletes(table, passable=False)
    for table in (
        "heartbeats",
        "retention_pass",
        "retention_runs",
        "data_requests",
        "erasures",
        "legal_holds",
    ):
        op.drop_table(table)


def _tables() -> None:
    op.create_table(
        "legal_holds",
        _text("id"),
        _text("object"),
        _text("reason"),
        _text("added_by"),
        _time("added_at"),
        _text("removed_by"),
        _time("removed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_object", "legal_holds", ["object"])
    op.create_table(
        "erasures",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(),
            nullable=False,
        ),
        _text("object"),
        _text("kind"),
        _time("at"),
        sa.PrimaryKeyConstraint("row_id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_object", "erasures", ["object"])
    op.create_table(
        "data_requests",
        _text("id"),
        _text("person"),
        _text("kind"),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        _time("asked_at"),
        sa.Column("due", sa.Date(), nullable=False),
        _text("state"),
        _text("reason"),
        _text("taken_by"),
        _text("decided_by"),
        _time("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_requests"),
        sa.CheckConstraint(
            "kind IN ('access', 'correction', 'deletion')", name=op.f("ck_data_requests_kind")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused')", name=op.f("ck_data_requests_state")
        ),
    )
    op.create_index("ix_data_requests_person", "data_requests", ["person"])
    op.create_table(
        "retention_runs",
        sa.Column("day", sa.Date(), nullable=False),
        _time("started_at"),
        _time("finished_at", nullable=True),
        _text("counts"),
        sa.PrimaryKeyConstraint("day", name="pk_retention_runs"),
    )
    op.create_table(
        "retention_pass",
        _text("table_name"),
        sa.PrimaryKeyConstraint("table_name", name="pk_retention_pass"),
    )
    op.create_table(
        "heartbeats",
        _text("name"),
        _time("at"),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )


def _guard_deletes(table: str, *, passable: bool) -> None:
    """Refuse DELETE, or (``passable``) refuse it to everybody but a transaction of retention."""
    verb, words = GROWING[table]
    if op.get_bind().dialect.name == "sqlite":
        when = (
            f"WHEN NOT EXISTS (SELECT 1 FROM retention_pass WHERE table_name = '{table}') "
            if passable
            else ""
        )
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    unless = (
        "IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM retention_pass WHERE table_name = "
        f"'{table}') THEN RETURN NULL; END IF; "
        if passable
        else ""
    )
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_only_{verb}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {unless}RAISE EXCEPTION '{words}'; END $$"
    )


def _chain_the_audit() -> None:
    _audit_trigger(drop=True)
    with op.batch_alter_table("audit") as batch_op:
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.Text(), nullable=True))
    _give_places()
    with op.batch_alter_table("audit") as batch_op:
        batch_op.alter_column("position", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("hash", existing_type=sa.Text(), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_audit_position"), ["position"])
    _audit_trigger(drop=False)


def _unchain_the_audit() -> None:
    _audit_trigger(drop=True)
    with op.batch_alter_table("audit") as batch_op:
        batch_op.drop_constraint(op.f("uq_audit_position"), type_="unique")
        batch_op.drop_column("hash")
        batch_op.drop_column("position")
    _audit_trigger(drop=False)


def _give_places() -> None:
    """Chain the rows that are there, in the order in which they were written."""
    rows = sa.table(
        "audit",
        sa.column("row_id", sa.BigInteger()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("actor", sa.Text()),
        sa.column("action", sa.Text()),
        sa.column("object", sa.Text()),
        sa.column("data", sa.Text()),
        sa.column("position", sa.BigInteger()),
        sa.column("hash", sa.Text()),
    )
    bind, c, previous = op.get_bind(), rows.c, START
    found = bind.execute(
        sa.select(c.row_id, c.at, c.actor, c.action, c.object, c.data).order_by(c.row_id)
    ).all()
    for place, row in enumerate(found, start=1):
        at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at
        previous = digest(
            previous,
            position=place,
            at=at,
            actor=row.actor,
            action=row.action,
            object=row.object,
            data=json.loads(row.data),
        )
        bind.execute(
            rows.update().where(c.row_id == row.row_id).values(position=place, hash=previous)
        )


def _audit_trigger(*, drop: bool) -> None:
    words = "these rows only grow"
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            name = f"audit_no_{change.lower()}"
            # Copying a table, as SQLite changes it, leaves its triggers behind.
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
            if not drop:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {change} ON audit "
                    f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
                )
        return
    if drop:
        op.execute("DROP TRIGGER audit_only_grows ON audit")
        return
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
