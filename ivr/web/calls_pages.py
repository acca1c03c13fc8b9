"""Every route of the call log, on one blueprint."""

from __future__ import annotations

from ivr.web import calls, calls_call, calls_export, calls_kept
from ivr.web.calls_view import bp

ROUTES = (calls, calls_call, calls_export, calls_kept)
"""Modules whose import puts their routes on :data:`bp`."""

__all__ = ["ROUTES", "bp"]
