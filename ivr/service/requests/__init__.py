"""Requests of the engine: one handler a request class, by registry.

A handler runs with no transaction open. What must be written with the turn it puts into
``context.effects``; what must be written before the secret is compared it commits itself.
"""

from ivr.service.requests import desk, outage, people, proofs, resets, systems, tickets
from ivr.service.requests.registry import (
    HANDLERS,
    ONLY_READS,
    Effect,
    TurnContext,
    run_request,
)

__all__ = [
    "HANDLERS",
    "ONLY_READS",
    "Effect",
    "TurnContext",
    "desk",
    "outage",
    "people",
    "proofs",
    "resets",
    "run_request",
    "systems",
    "tickets",
]
