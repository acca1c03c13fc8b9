"""Every table. Migrations make them; a test holds the two together.

``*_sealed`` columns hold what :class:`ivr.ports.sealing.Seal` closed. There is no plain personal
number anywhere: ``account``, ``caller`` of a proof, ``destination``, ``person`` and
``number_hash`` are keyed hashes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
)

from ivr.adapters.db.columns import JsonText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only in a column that it calls INTEGER."""


def row_id() -> Column[int]:
    """A number that the database gives."""
    return Column("row_id", RowId, Identity(), primary_key=True)


calls = Table(
    "calls",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("protocol", Text, nullable=False, unique=True),
    Column("turn", Integer, nullable=False),
    Column("state_sealed", LargeBinary),
    Column("caller_sealed", LargeBinary),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("stream_turn", Integer, nullable=False, server_default="-1"),
)
_not_ended = text("ended_at IS NULL")
Index(
    "ix_calls_live",
    calls.c.started_at,
    sqlite_where=_not_ended,
    postgresql_where=_not_ended,
)

turns = Table(
    "turns",
    metadata,
    Column("call_sid", Text, ForeignKey("calls.sid"), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("reply_sealed", LargeBinary),
    Column("claimed_at", UtcDateTime, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    row_id(),
    Column("call_sid", Text, nullable=False, index=True),
    Column("turn", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("data", JsonText, nullable=False),
)

sequences = Table(
    "protocol_sequences",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("protocol", Text, primary_key=True),
    Column("call_sid", Text, ForeignKey("calls.sid"), nullable=False, unique=True),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("due_business", Date, nullable=False),
    Column("due_calendar", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("person", Text, nullable=False, index=True),
    Column("identity", Text, nullable=False),
    Column("rating", Integer),
    Column("closed_at", UtcDateTime),
    Column("agent", Text, nullable=False, server_default=""),
    Column("merged_into", Text, nullable=False, server_default="", index=True),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("status IN ('open', 'pending', 'closed')", name="status"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("protocol", Text, ForeignKey("tickets.protocol"), nullable=False, index=True),
    Column("call_sid", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False, server_default="at_carrier"),
    Column("engagement", Text, nullable=False, server_default=""),
    Column("file", Text, nullable=False, server_default=""),
    Column("fetched_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
)

callbacks = Table(
    "callbacks",
    metadata,
    row_id(),
    Column("protocol", Text, ForeignKey("tickets.protocol"), nullable=False, index=True),
    Column("call_sid", Text, nullable=False),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("number_hash", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("due", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="asked"),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("claimed_at", UtcDateTime),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("state IN ('waiting', 'done', 'dropped')", name="state"),
)
_waiting = text("state = 'waiting'")
Index(
    "uq_callbacks_waiting",
    callbacks.c.number_hash,
    unique=True,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("call_sid", Text, nullable=False, index=True),
    Column("payload", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("outcome", JsonText, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
)
_unsettled = text("settled_at IS NULL")
Index(
    "ix_outbox_unsettled",
    outbox.c.run_at,
    sqlite_where=_unsettled,
    postgresql_where=_unsettled,
)

attempts = Table(
    "proof_attempts",
    metadata,
    Column("call_sid", Text, primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("factor", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("passed", Boolean),
    Index("ix_proof_attempts_account", "account", "at"),
    Index("ix_proof_attempts_caller", "caller", "at"),
)

codes = Table(
    "proof_codes",
    metadata,
    row_id(),
    Column("id", Text, nullable=False, unique=True),
    Column("call_sid", Text, nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("sent_at", UtcDateTime, nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", UtcDateTime),
    Index("ix_proof_codes_account", "account", "sent_at"),
    Index("ix_proof_codes_destination", "destination", "sent_at"),
)

pins = Table(
    "pins",
    metadata,
    Column("account", Text, primary_key=True),
    Column("pin_hash", Text, nullable=False),
)

links = Table(
    "reset_links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("call_sid", Text, nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("directory", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("job", Text, nullable=False),
    CheckConstraint("purpose IN ('password', 'not_me')", name="purpose"),
)

resets = Table(
    "resets",
    metadata,
    row_id(),
    Column("account", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_resets_account", "account", "at"),
)
_by_job = text("job <> ''")
Index(
    "uq_resets_job",
    resets.c.job,
    unique=True,
    sqlite_where=_by_job,
    postgresql_where=_by_job,
)

secrets = Table(
    "reset_secrets",
    metadata,
    Column("job", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

freezes = Table(
    "account_freezes",
    metadata,
    Column("account", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

owner_logins = Table(
    "owner_logins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("passed", Boolean),
    Index("ix_owner_logins_account", "account", "at"),
    Index("ix_owner_logins_address", "address", "at"),
)

owner_sessions = Table(
    "owner_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("directory", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

owner_events = Table(
    "owner_events",
    metadata,
    row_id(),
    Column("account", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JsonText, nullable=False),
    Index("ix_owner_events_account", "account", "at"),
)

owner_codes = Table(
    "owner_codes",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("code_hash", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

alarms = Table(
    "alarms",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

queue_entries = Table(
    "queue_entries",
    metadata,
    row_id(),
    Column("call_sid", Text, nullable=False, index=True),
    Column("queue", Text, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("result", Text, nullable=False),
    Column("ranked_at", UtcDateTime),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("priority_kind", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False, server_default="call"),
    Column("target", Text, nullable=False, server_default=""),
    Column("in_room", Boolean, nullable=False, server_default=false()),
    Index("ix_queue_entries_left", "queue", "left_at"),
)
_in_queue = text("left_at IS NULL")
Index(
    "uq_queue_entries_waiting",
    queue_entries.c.call_sid,
    unique=True,
    sqlite_where=_in_queue,
    postgresql_where=_in_queue,
)

flow_revisions = Table(
    "flow_revisions",
    metadata,
    Column("revision", Text, primary_key=True),
    Column("files", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
