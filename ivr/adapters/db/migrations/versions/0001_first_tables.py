"""Calls, journal, tickets, outbox, proofs, resets, queues and flow revisions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _call_tables()
    _ticket_tables()
    _outbox_table()
    _proof_tables()
    _reset_tables()
    _queue_tables()
    _flow_table()
    _journal_only_grows()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER journal_only_grows ON journal")
        op.execute("DROP FUNCTION journal_only_grows()")
    for table in (
        "flow_revisions",
        "queue_entries",
        "account_freezes",
        "reset_secrets",
        "resets",
        "reset_links",
        "pins",
        "proof_codes",
        "proof_attempts",
        "outbox",
        "callbacks",
        "recordings",
        "tickets",
        "protocol_sequences",
        "journal",
        "turns",
        "calls",
    ):
        op.drop_table(table)


def _call_tables() -> None:
    op.create_table(
        "calls",
        _text("sid"),
        _text("protocol"),
        _number("turn"),
        _bytes("state_sealed", nullable=True),
        _bytes("caller_sealed", nullable=True),
        _time("started_at"),
        _time("ended_at", nullable=True),
        _text("ended_by"),
        _text("outcome"),
        _text("revision"),
        _text("person"),
        sa.PrimaryKeyConstraint("sid", name="pk_calls"),
        sa.UniqueConstraint("protocol", name="uq_calls_protocol"),
    )
    _index("ix_calls_live", "calls", "started_at", where="ended_at IS NULL")
    op.create_table(
        "turns",
        _text("call_sid"),
        _number("turn"),
        _bytes("reply_sealed", nullable=True),
        _time("claimed_at"),
        sa.PrimaryKeyConstraint("call_sid", "turn", name="pk_turns"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.sid"], name="fk_turns_call_sid"),
    )
    op.create_table(
        "journal",
        _row_id(),
        _text("call_sid"),
        _number("turn"),
        _number("seq"),
        _time("at"),
        _text("kind"),
        _text("flow"),
        _text("node"),
        _text("data"),
        sa.PrimaryKeyConstraint("row_id", name="pk_journal"),
    )
    _index("ix_journal_call_sid", "journal", "call_sid")


def _ticket_tables() -> None:
    op.create_table(
        "protocol_sequences",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        _number("last"),
        sa.PrimaryKeyConstraint("year", name="pk_protocol_sequences"),
    )
    op.create_table(
        "tickets",
        _text("protocol"),
        _text("call_sid"),
        _time("opened_at"),
        sa.Column("due_business", sa.Date(), nullable=False),
        sa.Column("due_calendar", sa.Date(), nullable=False),
        _text("status"),
        _text("outcome"),
        _text("node"),
        _text("service"),
        _text("subject"),
        _text("person"),
        _text("identity"),
        _number("rating", nullable=True),
        _time("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("protocol", name="pk_tickets"),
        sa.UniqueConstraint("call_sid", name="uq_tickets_call_sid"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.sid"], name="fk_tickets_call_sid"),
        sa.CheckConstraint("status IN ('open', 'pending', 'closed')", name="ck_tickets_status"),
    )
    _index("ix_tickets_opened_at", "tickets", "opened_at")
    _index("ix_tickets_person", "tickets", "person")
    op.create_table(
        "recordings",
        _text("sid"),
        _text("protocol"),
        _text("call_sid"),
        _text("purpose"),
        _number("seconds"),
        _time("at"),
        sa.PrimaryKeyConstraint("sid", name="pk_recordings"),
        sa.ForeignKeyConstraint(["protocol"], ["tickets.protocol"], name="fk_recordings_protocol"),
    )
    _index("ix_recordings_protocol", "recordings", "protocol")
    op.create_table(
        "callbacks",
        _row_id(),
        _text("protocol"),
        _text("call_sid"),
        _bytes("number_sealed"),
        _text("number_hash"),
        _time("asked_at"),
        sa.Column("due", sa.Date(), nullable=False),
        _text("state"),
        sa.PrimaryKeyConstraint("row_id", name="pk_callbacks"),
        sa.ForeignKeyConstraint(["protocol"], ["tickets.protocol"], name="fk_callbacks_protocol"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dropped')", name="ck_callbacks_state"),
    )
    _index("ix_callbacks_protocol", "callbacks", "protocol")
    _index(
        "uq_callbacks_waiting", "callbacks", "number_hash", unique=True, where="state = 'waiting'"
    )


def _outbox_table() -> None:
    op.create_table(
        "outbox",
        _text("key"),
        _text("kind"),
        _text("call_sid"),
        _text("payload"),
        _text("state"),
        _number("attempts"),
        _time("run_at"),
        _time("lease_until", nullable=True),
        _time("settled_at", nullable=True),
        _time("created_at"),
        _text("outcome"),
        sa.PrimaryKeyConstraint("key", name="pk_outbox"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name="ck_outbox_state"
        ),
    )
    _index("ix_outbox_call_sid", "outbox", "call_sid")
    _index("ix_outbox_unsettled", "outbox", "run_at", where="settled_at IS NULL")


def _proof_tables() -> None:
    op.create_table(
        "proof_attempts",
        _text("call_sid"),
        _number("turn"),
        _text("factor"),
        _text("account"),
        _text("caller"),
        _time("at"),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("call_sid", "turn", name="pk_proof_attempts"),
    )
    _index("ix_proof_attempts_account", "proof_attempts", "account", "at")
    _index("ix_proof_attempts_caller", "proof_attempts", "caller", "at")
    _index("ix_proof_attempts_at", "proof_attempts", "at")
    op.create_table(
        "proof_codes",
        _row_id(),
        _text("id"),
        _text("call_sid"),
        _text("account"),
        _text("destination"),
        _bytes("salt", nullable=True),
        _time("sent_at"),
        _time("expires_at"),
        _number("tries"),
        _time("used_at", nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_proof_codes"),
        sa.UniqueConstraint("id", name="uq_proof_codes_id"),
    )
    _index("ix_proof_codes_account", "proof_codes", "account", "sent_at")
    _index("ix_proof_codes_call_sid", "proof_codes", "call_sid")
    _index("ix_proof_codes_destination", "proof_codes", "destination", "sent_at")
    _index("ix_proof_codes_sent_at", "proof_codes", "sent_at")
    op.create_table(
        "pins",
        _text("account"),
        _text("pin_hash"),
        sa.PrimaryKeyConstraint("account", name="pk_pins"),
    )


def _reset_tables() -> None:
    op.create_table(
        "reset_links",
        _text("id"),
        _text("purpose"),
        _text("call_sid"),
        _text("service"),
        _text("directory"),
        _text("uid"),
        _bytes("salt", nullable=True),
        _time("created_at"),
        _time("expires_at"),
        _time("used_at", nullable=True),
        _text("job"),
        sa.PrimaryKeyConstraint("id", name="pk_reset_links"),
        sa.CheckConstraint("purpose IN ('password', 'not_me')", name="ck_reset_links_purpose"),
    )
    _index("ix_reset_links_call_sid", "reset_links", "call_sid")
    op.create_table(
        "resets",
        _row_id(),
        _text("account"),
        _text("service"),
        _text("job"),
        _time("at"),
        sa.PrimaryKeyConstraint("row_id", name="pk_resets"),
    )
    _index("ix_resets_account", "resets", "account", "at")
    _index("uq_resets_job", "resets", "job", unique=True, where="job <> ''")
    op.create_table(
        "reset_secrets",
        _text("job"),
        _bytes("salt"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("job", name="pk_reset_secrets"),
    )
    op.create_table(
        "account_freezes",
        _text("account"),
        _time("until"),
        sa.PrimaryKeyConstraint("account", name="pk_account_freezes"),
    )


def _queue_tables() -> None:
    op.create_table(
        "queue_entries",
        _row_id(),
        _text("call_sid"),
        _text("queue"),
        _time("entered_at"),
        _time("left_at", nullable=True),
        _text("result"),
        sa.PrimaryKeyConstraint("row_id", name="pk_queue_entries"),
    )
    _index("ix_queue_entries_call_sid", "queue_entries", "call_sid")
    _index("ix_queue_entries_left", "queue_entries", "queue", "left_at")
    _index(
        "uq_queue_entries_waiting",
        "queue_entries",
        "call_sid",
        unique=True,
        where="left_at IS NULL",
    )


def _flow_table() -> None:
    op.create_table(
        "flow_revisions",
        _text("revision"),
        _text("files"),
        _time("at"),
        sa.PrimaryKeyConstraint("revision", name="pk_flow_revisions"),
    )


def _journal_only_grows() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER journal_no_{change.lower()} BEFORE {change} ON journal "
                "BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal only grows'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows()"
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _row_id() -> sa.Column[Any]:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("row_id", whole, sa.Identity(), nullable=False)


def _index(
    name: str, table: str, *columns: str, unique: bool = False, where: str | None = None
) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
