"""Effects: what the worker does outside the database, once for each job of the outbox."""

from ivr.service.effects import (
    callbacks,
    desk,
    links,
    messages,
    outside,
    recordings,
    resets,
    supervision,
    transcripts,
    webhooks,
)
from ivr.service.effects.registry import EFFECTS, Later, Settled, run_job

__all__ = [
    "EFFECTS",
    "Later",
    "Settled",
    "callbacks",
    "desk",
    "links",
    "messages",
    "outside",
    "recordings",
    "resets",
    "run_job",
    "supervision",
    "transcripts",
    "webhooks",
]
