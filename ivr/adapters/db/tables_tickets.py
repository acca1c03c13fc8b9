"""Tables around a ticket: its events, the person it is about, and who else is told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata, row_id

ticket_events = Table(
    "ticket_events",
    metadata,
    row_id(),
    Column("protocol", Text, ForeignKey("tickets.protocol"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("data", JsonText, nullable=False),
    Column("text_sealed", LargeBinary),
    Index("ix_ticket_events_protocol", "protocol", "at"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("call_sid", Text, primary_key=True),
    Column("protocol", Text, nullable=False, index=True),
    Column("person", Text, nullable=False, index=True),
    Column("matricula_hash", Text, nullable=False, index=True),
    Column("caller_hash", Text, nullable=False, index=True),
    Column("caller_end", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("directory", Text, nullable=False),
    Column("known_sealed", LargeBinary),
    Column("at", UtcDateTime, nullable=False),
)

webhook_targets = Table(
    "webhook_targets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("events", JsonText, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("scopes", JsonText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
