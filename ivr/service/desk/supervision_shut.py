"""A talk is shut while something is said that nobody but caller and agent may hear.

It is shut before the recording pauses and opened after that goes on. A supervisor in the room is
put on hold first; whom the carrier cannot hold is hung up on; when neither can be done, the
sensitive step does not begin.
"""

from __future__ import annotations

import structlog

from ivr.ports.desk import EngagementRow
from ivr.ports.errors import PortError
from ivr.ports.supervision import SupervisionRow
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.supervision import order_settle
from ivr.service.desk.supervision_ends import tell
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")


def shut(rt: Runtime, talk: EngagementRow) -> None:
    """No supervisor hears the talk from here on. Twice is once. Raises ``operadora``."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        before = tx.supervisions.shut(
            talk.offer, call_sid=talk.call_sid, protocol=talk.protocol, at=tx.now()
        )
        row = tx.supervisions.of_talk(talk.offer)
        leg = tx.desk.leg(row.leg) if row is not None and row.leg else None
        if row is not None:
            tell(tx, row)
    if row is None or leg is None or leg.answered_at is None or leg.ended_at is not None:
        return
    if not _out(rt, row, hold=before != "opening"):
        open_again(rt, talk.offer)
        raise NotNowError("operadora")


def open_again(rt: Runtime, offer: str) -> None:
    """The sensitive step is over: whoever supervises hears again, as before."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        if not tx.supervisions.opening(offer):
            return
        row = tx.supervisions.of_talk(offer)
        if row is None or not row.leg:
            tx.supervisions.opened(offer)
            return
        order_settle(tx, row)
        tell(tx, row)


def _out(rt: Runtime, row: SupervisionRow, *, hold: bool) -> bool:
    """On hold, or off the line: who was picked up and is not in the room yet would come in, and
    whom the worker is just letting in would be let in after this."""
    try:
        if hold and rt.telephony.hold(row.call_sid, row.leg, True):
            return True
    except PortError as error:
        log.warning("cannot hold a supervisor", why=error.reason)
    try:
        rt.telephony.end_call(row.leg)
    except PortError as error:
        log.warning("cannot hang up on a supervisor", why=error.reason)
        return False
    return True
