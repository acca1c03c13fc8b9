"""Every route of the agent's console, on one blueprint."""

from __future__ import annotations

from ivr.web import (
    agent,
    agent_actions,
    agent_offers,
    agent_outside,
    agent_phone,
    agent_talk,
    agent_wrap,
)
from ivr.web.agent_phone import phone_keys
from ivr.web.agent_view import PHONE_KEYS, bp

ROUTES = (
    agent,
    agent_actions,
    agent_offers,
    agent_outside,
    agent_phone,
    agent_talk,
    agent_wrap,
)
"""Modules whose import puts their routes on :data:`bp`."""

__all__ = ["PHONE_KEYS", "ROUTES", "bp", "phone_keys"]
