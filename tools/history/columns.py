"""Columns of the rows of a history, by table; the tables that others point to first."""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "calls": (
        "sid", "protocol", "turn", "state_sealed", "caller_sealed", "started_at", "ended_at",
        "ended_by", "outcome", "revision", "person",
    ),
    "tickets": (
        "protocol", "call_sid", "opened_at", "due_business", "due_calendar", "status", "outcome",
        "node", "service", "subject", "person", "identity", "rating", "closed_at", "agent",
        "merged_into", "version",
    ),
    "contacts": (
        "call_sid", "protocol", "person", "matricula_hash", "caller_hash", "caller_end", "group",
        "directory", "known_sealed", "at",
    ),
    "call_facts": (
        "sid", "protocol", "started_at", "ended_at", "caller_hash", "person", "matricula_hash",
        "agent", "queue", "service", "outcome", "node", "ended_by", "identity", "revision",
        "contact_class", "rating", "ivr_seconds", "queue_seconds", "talk_seconds",
        "queue_position", "duration", "had_error", "recorded", "transferred", "abandoned",
    ),
    "call_marks": ("kind", "value", "started_at", "call_sid"),
    "queue_entries": (
        "call_sid", "queue", "entered_at", "left_at", "result", "ranked_at", "priority",
        "priority_kind", "kind", "target", "in_room",
    ),
    "offers": (
        "id", "call_sid", "protocol", "queue", "agent", "kind", "state", "reserved_at", "due_at",
        "seen_at", "ringing_at", "answered_at", "ended_at", "end_reason", "version",
    ),
    "engagements": (
        "offer", "call_sid", "protocol", "queue", "agent", "started_at", "ended_at", "ended_by",
        "held_since", "hold_seconds", "muted", "recording", "recording_sid", "consult",
        "notes_sealed", "notes_version", "disposition", "contact_class", "callback_at",
        "wrap_until", "wrapped_at", "version",
    ),
    "journal": ("call_sid", "turn", "seq", "at", "kind", "flow", "node", "data"),
}  # fmt: skip
