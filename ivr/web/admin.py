"""``/admin``: what of administration this person may open."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from ivr.web.admin_view import ALL, bp, page
from ivr.web.door import staff_page


@bp.get("")
@staff_page(*ALL)
def home() -> ResponseReturnValue:
    """The pages of administration."""
    return page("admin/home.html")
