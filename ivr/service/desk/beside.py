"""What the carrier tells of a room about those who are there beside caller and agent."""

from __future__ import annotations

from ivr.service.desk import outside_leg, supervision_leg
from ivr.service.desk.citizen import citizen_of
from ivr.service.desk.outside_ends import caller_gone
from ivr.service.runtime import Runtime


def beside_told(rt: Runtime, *, call_sid: str, event: str, member: str, status: str = "") -> None:
    """An event of the room of a call. ``member``: the call that it is about, if any; ``status``:
    how that call stands when it has left."""
    if event == "participant-leave" and status == "completed":
        _hung_up(rt, call_sid=call_sid, member=member)
    if event != "participant-join" or not member:
        return
    with rt.store.begin(write=False) as tx:
        leg, outside = tx.desk.leg(member), tx.outside.of_call(call_sid)
    supervises = leg is not None and leg.role == "supervisor"
    if not supervises and (outside is None or outside.leg != member):
        return
    with rt.store.begin() as tx:
        tx.desk.lock()
        if leg is not None and supervises:
            supervision_leg.came(tx, leg)
            return
        now = tx.outside.of_call(call_sid)
        if now is not None and now.leg == member:
            outside_leg.came(tx, now)


def _hung_up(rt: Runtime, *, call_sid: str, member: str) -> None:
    """A caller who hangs up leaves the room first, and everybody else because of it."""
    with rt.store.begin(write=False) as tx:
        if tx.outside.of_call(call_sid) is None or citizen_of(tx, call_sid) != member:
            return
    with rt.store.begin() as tx:
        tx.desk.lock()
        caller_gone(tx, call_sid)
