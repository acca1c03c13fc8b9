"""Which columns of which table belong to a person, and which say nothing to them.

Every table either names a call or its ticket, names a person, or stands in :data:`OF_NOBODY` with
its reason; a test holds the three together, so that no table is forgotten.
"""

from __future__ import annotations

from sqlalchemy import Table

from ivr.adapters.db.every_table import metadata
from ivr.adapters.db.retention_rules import of_keys

OF_NOBODY = {
    "agent_presence": "staff",
    "alarms": "of everybody",
    "alerts": "of queues",
    "api_tokens": "of machines",
    "audit": "who looked at what; pseudonyms, told by its own command",
    "blocked_numbers": "telephones, found by number and not by person",
    "changes": "ids for screens, an hour",
    "closed_queues": "of queues",
    "erasures": "marks; joined to what they stand for",
    "flow_revisions": "flows",
    "heartbeats": "processes",
    "kept_rules": "rules of the desk",
    "legal_holds": "told only to who set them",
    "log_views": "staff",
    "metric_buckets": "counts",
    "metric_rollups": "counts",
    "outages": "of everybody",
    "protocol_sequences": "numbers",
    "reset_secrets": "salts of one hour",
    "retention_pass": "never a row",
    "retention_runs": "counts",
    "staff": "staff",
    "staff_logins": "staff",
    "staff_sessions": "staff",
    "webhook_targets": "of machines",
}
SEALED_TEXTS = {
    ("callbacks", "number_sealed"): "number",
    ("calls", "caller_sealed"): "caller",
    ("data_requests", "text_sealed"): "text",
    ("engagements", "notes_sealed"): "notes",
    ("outside_calls", "number_sealed"): "number",
    ("ticket_events", "text_sealed"): "text",
    ("transcripts", "text_sealed"): "corrected",
}
SEALED_JSON = {("contacts", "known_sealed"): "known", ("transcripts", "words_sealed"): "words"}
HIDDEN = frozenset(
    {
        "account",
        "address",
        "caller",
        "caller_hash",
        "code_hash",
        "destination",
        "id",
        "key",
        "lease_until",
        "matricula_hash",
        "notes_version",
        "number_hash",
        "payload",
        "person",
        "pin_hash",
        "reply_sealed",
        "row_id",
        "salt",
        "skills",
        "state_sealed",
        "file",
        "version",
    }
)
"""Columns of hashes, secrets and of what only the machine needs. What is sealed in the replies and
the state of a live call is the call itself, told in its journal."""


def person_column(table: Table) -> str:
    """The column with the keyed hash of a person, empty for none."""
    return next((name for name in ("account", "person") if name in table.c), "")


def of_calls() -> list[Table]:
    """Tables whose rows name a call or its ticket, or a row that does."""
    return [t for t in metadata.sorted_tables if of_keys(t) is not None]


def of_people() -> list[Table]:
    """Tables whose rows name a person and no call."""
    return [
        t
        for t in metadata.sorted_tables
        if of_keys(t) is None and person_column(t) and t.name not in OF_NOBODY
    ]
