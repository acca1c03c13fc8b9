"""Tables of the people who work at the desk: accounts, log-ins, what they did."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata, row_id

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("totp_sealed", LargeBinary),
    Column("totp_used", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("skills", JsonText, nullable=False),
    Column("audio", Text, nullable=False),
    Column("line_sealed", LargeBinary),
    Column("ring_seconds", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("staff", Text, ForeignKey("staff.id"), nullable=False, index=True),
    Column("way", Text, nullable=False),
    Column("second_factor", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

staff_logins = Table(
    "staff_logins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("passed", Boolean),
    Index("ix_staff_logins_account", "account", "at"),
    Index("ix_staff_logins_address", "address", "at"),
)

audit = Table(
    "audit",
    metadata,
    row_id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False, index=True),
    Column("data", JsonText, nullable=False),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("hash", Text, nullable=False),
)
