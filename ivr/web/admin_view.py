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


LARGER_BODY: dict[str, int] = {}
"""Most bytes by endpoint, of pages that take files."""


@bp.url_value_preprocessor
def bound_the_body(endpoint: str | None, values: object) -> None:
    """Before anything reads the body, the check of the form's token included."""
    most = LARGER_BODY.get(endpoint or "", MAX_BODY)
    request.max_content_length = most
    if (request.content_length or 0) > most:
        abort(413)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("admin/later.html"), 503, {"Retry-After": RETRY_AFTER}


@bp.errorhandler(CSRFError)
@bp.errorhandler(413)
def stale_page(error: Exception) -> ResponseReturnValue:
    code = getattr(error, "code", 400) or 400
    if code == 413 and request.endpoint in LARGER_BODY:
        return render_template("admin/too_big.html"), code
    return render_template("admin/stale.html"), code


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """A page with its menu."""
    text = render_template(template, roles=me().roles, who=me(), local=to_local, **values)
    return make_response(text, status)
