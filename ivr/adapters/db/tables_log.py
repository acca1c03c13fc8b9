"""Tables of the call log: one row for each call that is over, and each person's views of them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.tables import metadata

call_facts = Table(
    "call_facts",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("protocol", Text, nullable=False, unique=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("caller_hash", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("matricula_hash", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("contact_class", Text, nullable=False),
    Column("rating", Integer),
    Column("ivr_seconds", Integer, nullable=False),
    Column("queue_seconds", Integer, nullable=False),
    Column("talk_seconds", Integer, nullable=False),
    Column("queue_position", Integer, nullable=False),
    Column("duration", Text, nullable=False),
    Column("had_error", Boolean, nullable=False),
    Column("recorded", Boolean, nullable=False),
    Column("transferred", Boolean, nullable=False),
    Column("abandoned", Boolean, nullable=False),
)
_f = call_facts.c
BY_VALUE = ("service", "outcome", "ended_by", "identity", "duration")
"""Columns of which every call has a value."""
BY_SOME = ("caller_hash", "person", "matricula_hash", "contact_class")
"""Columns that are empty for many calls: these are left out of the index."""
BY_FLAG = ("had_error", "recorded", "transferred", "abandoned")

Index("ix_call_facts_started_at_sid", _f.started_at, _f.sid)
for _name in BY_VALUE:
    Index(f"ix_call_facts_{_name}", _f[_name], _f.started_at, _f.sid)
for _name, _where in (
    *((name, text(f"{name} <> ''")) for name in BY_SOME),
    ("rating", text("rating IS NOT NULL")),
):
    Index(
        f"ix_call_facts_{_name}",
        _f[_name],
        _f.started_at,
        _f.sid,
        sqlite_where=_where,
        postgresql_where=_where,
    )
for _name in BY_FLAG:
    Index(
        f"ix_call_facts_{_name}",
        _f.started_at,
        _f.sid,
        sqlite_where=text(_name),
        postgresql_where=text(_name),
    )

call_marks = Table(
    "call_marks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("started_at", UtcDateTime, primary_key=True),
    Column("call_sid", Text, ForeignKey("call_facts.sid"), primary_key=True, index=True),
)
"""What a call may have several of: ``agent`` who talked with the caller, ``queue`` it waited in."""

log_views = Table(
    "log_views",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Per person: saved filters (``view``), the last filter (``last``), the columns (``columns``)."""
