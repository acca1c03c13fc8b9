"""What the pages of ``/supervisao`` answer instead of a page: too large, stale, no database."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.ports.store import StoreUnavailableError

MAX_BODY = 8 * 1024
"""Bytes of a submitted form; more is refused before it is read."""
RETRY_AFTER = "10"


def attach(bp: Blueprint) -> None:
    """Give a blueprint these answers."""
    bp.before_request(bound_the_body)
    bp.register_error_handler(CSRFError, stale_page)
    bp.register_error_handler(413, stale_page)
    bp.register_error_handler(StoreUnavailableError, store_is_away)


def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


def stale_page(error: Exception) -> ResponseReturnValue:
    return render_template("supervisao/stale.html"), getattr(error, "code", 400) or 400


def store_is_away(error: Exception) -> ResponseReturnValue:
    return render_template("supervisao/later.html"), 503, {"Retry-After": RETRY_AFTER}
