"""Events and contacts of tickets, who else is told, and what queue, callbacks and recordings
need for a desk of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = {
    "callbacks": ("kind", "claimed_by", "claimed_at", "tries", "next_at", "version"),
    "queue_entries": ("ranked_at", "priority", "priority_kind", "kind", "target", "in_room"),
    "recordings": ("state", "engagement", "file", "fetched_at", "deleted_at"),
    "tickets": ("agent", "merged_into", "version"),
}


def upgrade() -> None:
    _ticket_tables()
    _columns()


def downgrade() -> None:
    op.drop_index("ix_tickets_merged_into", "tickets")
    for table, names in COLUMNS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
    for table in ("api_tokens", "webhook_targets", "contacts", "ticket_events"):
        op.drop_table(table)


def _ticket_tables() -> None:
    op.create_table(
        "ticket_events",
        sa.Column(
            "row_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["protocol"], ["tickets.protocol"], name=op.f("fk_ticket_events_protocol")
        ),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_ticket_events")),
    )
    op.create_index("ix_ticket_events_protocol", "ticket_events", ["protocol", "at"])
    op.create_table(
        "contacts",
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("matricula_hash", sa.Text(), nullable=False),
        sa.Column("caller_hash", sa.Text(), nullable=False),
        sa.Column("caller_end", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("known_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_caller_hash", "contacts", ["caller_hash"])
    op.create_index("ix_contacts_matricula_hash", "contacts", ["matricula_hash"])
    op.create_index("ix_contacts_person", "contacts", ["person"])
    op.create_index("ix_contacts_protocol", "contacts", ["protocol"])
    op.create_table(
        "webhook_targets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_targets")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )


def _columns() -> None:
    with op.batch_alter_table("callbacks") as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="asked", nullable=False))
        batch_op.add_column(sa.Column("claimed_by", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("queue_entries") as batch_op:
        batch_op.add_column(sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("priority_kind", sa.Text(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="call", nullable=False))
        batch_op.add_column(sa.Column("target", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("in_room", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.add_column(
            sa.Column("state", sa.Text(), server_default="at_carrier", nullable=False)
        )
        batch_op.add_column(sa.Column("engagement", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("file", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.add_column(sa.Column("agent", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("merged_into", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_index(op.f("ix_tickets_merged_into"), ["merged_into"], unique=False)
