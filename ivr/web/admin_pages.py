"""Every route of administration, on one blueprint."""

from __future__ import annotations

from ivr.web import (
    admin,
    admin_audio,
    admin_audit,
    admin_blocked,
    admin_calendar,
    admin_hours,
    admin_limits,
    admin_people,
    admin_queues,
    admin_recording,
    admin_retention,
)
from ivr.web.admin_view import bp

ROUTES = (
    admin,
    admin_audio,
    admin_audit,
    admin_blocked,
    admin_calendar,
    admin_hours,
    admin_limits,
    admin_people,
    admin_queues,
    admin_recording,
    admin_retention,
)
"""Modules whose import puts their routes on :data:`bp`."""

__all__ = ["ROUTES", "bp"]
