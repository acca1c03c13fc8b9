"""An agent who logs out leaves the desk: no call is offered to a place where nobody sits."""

from __future__ import annotations

import contextlib

from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.presence import go_offline
from ivr.service.desk.supervision import log_out
from ivr.service.runtime import Runtime


def leave_talks(rt: Runtime, staff_id: str) -> None:
    """Take a supervisor out of the talk that they follow, unless another log-in of theirs is open.
    Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        if tx.staff.sessions_of(staff_id):
            return
    with contextlib.suppress(NotNowError):
        log_out(rt, staff_id)


def leave_desk(rt: Runtime, staff_id: str) -> None:
    """Take the agent offline unless another log-in of theirs is open. A talk in progress goes on;
    the agent leaves after it. Raises StoreUnavailableError."""
    with rt.store.begin(write=False) as tx:
        if tx.staff.sessions_of(staff_id):
            return
    with contextlib.suppress(NotNowError):
        go_offline(rt, staff_id)
