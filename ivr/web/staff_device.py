"""The cookie by which a browser shows that it has logged in to an account before.

It opens nothing: it only keeps tries from elsewhere from holding up this browser.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import current_app, request
from werkzeug.wrappers import Response

from ivr.service.staff_login import MARKS

_SECONDS = 180 * 24 * 3600
_MARK = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}")


def marks() -> tuple[str, ...]:
    """The device marks of this browser."""
    kept = request.cookies.get(_name(), "").split("-")[:MARKS]
    return tuple(mark for mark in kept if _MARK.fullmatch(mark))


def keep_marks(response: Response, new: Sequence[str]) -> Response:
    """Give the browser its marks to keep."""
    if new:
        response.set_cookie(
            _name(),
            "-".join(new),
            max_age=_SECONDS,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
    return response


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"
