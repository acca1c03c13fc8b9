"""Whose stream a request asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.ports.staff import StaffRow
from ivr.service import staff_sessions
from ivr.web import door


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Who is logged in. ``session``: id of the log-in. ``still``: the person as they are now, None
    when that log-in is over; may be called on any thread, outside any request, and raises
    StoreUnavailableError."""

    staff: StaffRow
    session: str
    still: Callable[[], StaffRow | None]


def watcher() -> Watcher | None:
    """The person behind the current request, None without a log-in that is good now. Raises
    StoreUnavailableError.

    A stream is opened by a page, so that opening one does not keep a log-in from going idle.
    """
    found = door.standing(by_person=False)
    if found is None or found.step != "in":
        return None
    rt, session, staff_id = door.runtime(), found.session.id, found.staff.id

    def still() -> StaffRow | None:
        if not staff_sessions.still_open(rt, session):
            return None
        with rt.store.begin(write=False) as tx:
            return tx.staff.get(staff_id)

    return Watcher(staff=found.staff, session=session, still=still)
