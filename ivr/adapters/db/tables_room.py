"""Tables of who else is in the room of a talk: supervisors, and numbers outside the desk."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from ivr.adapters.db.columns import UtcDateTime
from ivr.adapters.db.tables import metadata

_LIVE = text("ended_at IS NULL")

supervisions = Table(
    "supervisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("offer", Text, ForeignKey("offers.id"), nullable=False),
    Column("call_sid", Text, nullable=False, index=True),
    Column("protocol", Text, nullable=False),
    Column("agent", Text, ForeignKey("staff.id"), nullable=False),
    Column("supervisor", Text, ForeignKey("staff.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("end_reason", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("mode IN ('listen', 'whisper', 'barge')", name="mode"),
    Index("ix_supervisions_supervisor", "supervisor", "asked_at"),
)
Index(
    "uq_supervisions_live_offer",
    supervisions.c.offer,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
Index(
    "uq_supervisions_live_supervisor",
    supervisions.c.supervisor,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

shut_talks = Table(
    "shut_talks",
    metadata,
    Column("offer", Text, ForeignKey("offers.id"), primary_key=True),
    Column("call_sid", Text, nullable=False, index=True),
    Column("protocol", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("opening", Boolean, nullable=False),
)

outside_calls = Table(
    "outside_calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("offer", Text, ForeignKey("offers.id"), nullable=False),
    Column("call_sid", Text, nullable=False, index=True),
    Column("protocol", Text, nullable=False),
    Column("agent", Text, ForeignKey("staff.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("end_reason", Text, nullable=False),
    Column("leg", Text, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("kind IN ('warm', 'cold')", name="kind"),
    CheckConstraint("state IN ('dialling', 'talking', 'ended')", name="state"),
    Index("ix_outside_calls_offer", "offer", "asked_at"),
)
Index(
    "uq_outside_calls_live_call",
    outside_calls.c.call_sid,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
