"""Tables of the desk: who is there, which call is offered to whom, and the talk that follows."""

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

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata, row_id

presence = Table(
    "agent_presence",
    metadata,
    Column("agent", Text, ForeignKey("staff.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("idle_since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("offer", Text, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("skills", Text, nullable=False),
    Column("health", JsonText, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "state IN ('offline', 'available', 'reserved', 'ringing', 'in_call', 'wrap_up', 'paused')",
        name="state",
    ),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call_sid", Text, nullable=False, index=True),
    Column("protocol", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("agent", Text, ForeignKey("staff.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reserved_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("ringing_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("end_reason", Text, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "state IN ('reserved', 'seen', 'ringing', 'answered', 'declined', 'expired', 'abandoned')",
        name="state",
    ),
)
_open_offer = text("state IN ('reserved', 'seen', 'ringing')")
Index(
    "uq_offers_open_call",
    offers.c.call_sid,
    unique=True,
    sqlite_where=_open_offer,
    postgresql_where=_open_offer,
)
Index(
    "uq_offers_open_agent",
    offers.c.agent,
    unique=True,
    sqlite_where=_open_offer,
    postgresql_where=_open_offer,
)
Index("ix_offers_agent", offers.c.agent, offers.c.reserved_at)

engagements = Table(
    "engagements",
    metadata,
    Column("offer", Text, ForeignKey("offers.id"), primary_key=True),
    Column("call_sid", Text, nullable=False, index=True),
    Column("protocol", Text, nullable=False, index=True),
    Column("queue", Text, nullable=False),
    Column("agent", Text, ForeignKey("staff.id"), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Text, nullable=False),
    Column("held_since", UtcDateTime),
    Column("hold_seconds", Integer, nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("recording", Text, nullable=False),
    Column("recording_sid", Text, nullable=False),
    Column("consult", Text, nullable=False),
    Column("notes_sealed", LargeBinary),
    Column("notes_version", Integer, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("contact_class", Text, nullable=False),
    Column("callback_at", UtcDateTime),
    Column("wrap_until", UtcDateTime),
    Column("wrapped_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    CheckConstraint("recording IN ('off', 'on', 'paused')", name="recording"),
    Index("ix_engagements_agent", "agent", "started_at"),
)
_unwrapped = text("wrapped_at IS NULL")
Index(
    "uq_engagements_live_agent",
    engagements.c.agent,
    unique=True,
    sqlite_where=_unwrapped,
    postgresql_where=_unwrapped,
)

legs = Table(
    "legs",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("call_sid", Text, nullable=False, index=True),
    Column("offer", Text, nullable=False, index=True),
    Column("agent", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    CheckConstraint("role IN ('agent', 'consult', 'citizen', 'supervisor')", name="role"),
)

routing_ledger = Table(
    "routing_ledger",
    metadata,
    row_id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("call_sid", Text, nullable=False, index=True),
    Column("offer", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("data", JsonText, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    row_id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("topic", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("audience", JsonText, nullable=False),
)
