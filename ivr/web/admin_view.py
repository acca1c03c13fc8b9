"""What every page of ``/admin`` shares: blueprint, menu, errors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from ivr.domain.local_time import to_local
from ivr.ports.staff import Role
from ivr.ports.store import StoreUnavailableError
from ivr.web.door import me

bp = Blueprint("admin", __name__, url_prefix="/admin")

ADMIN: tuple[Role, ...] = ("admin",)
BLOCKERS: tuple[Role, ...] = ("supervisor", "admin")
READERS: tuple[Role, ...] = ("supervisor", "manager", "admin")
AUDITORS: tuple[Role, ...] = ("auditor", "admin")
ALL: tuple[Role, ...] = ("supervisor", "manager", "auditor", "admin")
MAX_BODY = 16 * 1024
"""Bytes of a submitted form; more is refused before it is read."""
RETRY_AFTER = "30"


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("admin/later.html"), 503, {"Retry-After": RETRY_AFTER}


@bp.errorhandler(CSRFError)
@bp.errorhandler(413)
def stale_page(error: Exception) -> ResponseReturnValue:
    return render_template("admin/stale.html"), getattr(error, "code", 400) or 400


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """A page with its menu."""
    text = render_template(template, roles=me().roles, who=me(), local=to_local, **values)
    return make_response(text, status)
