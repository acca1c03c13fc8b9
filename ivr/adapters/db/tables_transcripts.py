"""Transcripts of recordings."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from ivr.adapters.db.columns import JsonText, UtcDateTime
from ivr.adapters.db.tables import metadata

transcripts = Table(
    "transcripts",
    metadata,
    Column("recording", Text, ForeignKey("recordings.sid"), primary_key=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("words_sealed", LargeBinary),
    Column("confidence", Integer),
    Column("secrets", JsonText, nullable=False),
    Column("silenced_at", UtcDateTime),
    Column("text_sealed", LargeBinary),
    Column("corrected_by", Text, nullable=False),
    Column("corrected_at", UtcDateTime),
    Column("version", Integer, nullable=False),
)
"""``confidence`` in hundredths. ``secrets``: seconds of the sound under ``spans``."""
