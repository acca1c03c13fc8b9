"""Tables of administration: blocked numbers, rules of the desk changed on a page."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata, row_id

blocked_numbers = Table(
    "blocked_numbers",
    metadata,
    row_id(),
    Column("number_hash", Text, nullable=False),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("note_sealed", LargeBinary, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("removed_at", UtcDateTime),
)
Index(
    "uq_blocked_numbers_live",
    blocked_numbers.c.number_hash,
    unique=True,
    sqlite_where=text("removed_at IS NULL"),
    postgresql_where=text("removed_at IS NULL"),
)
"""One block a number, and the look-up of every call that begins."""

kept_rules = Table(
    "kept_rules",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JsonText),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
