"""Effects: what the worker does outside the database, once for each job of the outbox."""

from ivr.service.effects import links, messages, resets
from ivr.service.effects.registry import EFFECTS, Later, Settled, run_job

__all__ = ["EFFECTS", "Later", "Settled", "links", "messages", "resets", "run_job"]
