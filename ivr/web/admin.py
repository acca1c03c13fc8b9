"""``/admin``: what of administration this person may open."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from ivr.domain.local_time import local_date
from ivr.web.admin_view import ALL, bp, page
from ivr.web.door import staff_page
from ivr.web.edge import runtime


@bp.get("")
@staff_page(*ALL)
def home() -> ResponseReturnValue:
    """The pages of administration."""
    rt = runtime()
    return page("admin/home.html", alarms=rt.calendar.alarms(local_date(rt.clock.now())))
