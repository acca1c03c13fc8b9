"""A talk is handed on: at once (cold), or after a colleague was asked (warm).

The caller is held in the room with music meanwhile, so that nothing that fails in between leaves
them in silence. All raise :class:`NotNowError` with the words of
:mod:`ivr.service.desk.conversation` and those of ``request_transfer``.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.ports.desk import EngagementRow
from ivr.ports.errors import PortError
from ivr.ports.store import Transaction
from ivr.service.desk.live_talk import ask, change, citizen, live_leg, mine, released, save
from ivr.service.desk.media import meet, order_hang_up
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.talks import end_talk
from ivr.service.desk.transfers import hand_over, request_transfer, withdraw_transfer
from ivr.service.runtime import Runtime


def transfer(
    rt: Runtime, offer: str, agent: str, *, queue: str = "", to_agent: str = ""
) -> EngagementRow:
    """Cold: the caller waits in the room for somebody of ``queue``, or for ``to_agent``; the
    agent's wrap-up begins."""
    talk = mine(rt, offer, agent)
    leg = live_leg(rt, offer).sid
    was_held = talk.held_since is not None
    ask(lambda: rt.telephony.ends_room(talk.call_sid, leg, False))
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), True))
    try:
        with rt.store.begin() as tx:
            _ask_for(tx, rt, talk, queue=queue, agent=to_agent, kind="transfer")
            row = tx.desk.offer(offer)
            ended = hand_over(tx, offer)
            if ended is None or row is None:
                raise NotNowError("encerrada")
            order_hang_up(tx, row)
            return ended
    except NotNowError:
        _undo(rt, talk, leg=leg, was_held=was_held)
        raise


def consult(rt: Runtime, offer: str, agent: str, *, to_agent: str) -> EngagementRow:
    """Warm: ``to_agent`` is rung into the room, the caller held meanwhile."""
    talk = mine(rt, offer, agent)
    was_held = talk.held_since is not None
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), True))
    try:
        with rt.store.begin() as tx:
            _ask_for(tx, rt, talk, agent=to_agent, kind="consult")
            return save(tx, talk, replace(talk, held_since=talk.held_since or tx.now()))
    except NotNowError:
        _undo(rt, talk, leg="", was_held=was_held)
        raise


def complete_transfer(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The colleague who was asked goes on with the caller; the agent's wrap-up begins.

    Raises ``sem_consulta`` while nobody has answered.
    """
    talk = mine(rt, offer, agent)
    if not talk.consult:
        raise NotNowError("sem_consulta")
    mine_leg, other = live_leg(rt, offer).sid, live_leg(rt, talk.consult).sid
    ask(lambda: rt.telephony.ends_room(talk.call_sid, other, True))
    ask(lambda: rt.telephony.ends_room(talk.call_sid, mine_leg, False))
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    with rt.store.begin() as tx:
        tx.desk.lock()
        taken = tx.desk.engagement(talk.consult)
        theirs, row = tx.desk.offer(talk.consult), tx.desk.offer(offer)
        if taken is None or theirs is None or row is None or taken.ended_at is not None:
            raise NotNowError("sem_consulta")
        ended = hand_over(tx, offer)
        if ended is None:
            raise NotNowError("encerrada")
        if not tx.desk.change_offer(replace(theirs, kind="transfer"), was=theirs.version):
            raise NotNowError("mudou")
        order_hang_up(tx, row)
        meet(tx, theirs, taken)
        return ended


def cancel_consult(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """Back to the caller: the colleague is let go, or is rung no more. Twice is once."""
    talk = mine(rt, offer, agent)
    with rt.store.begin() as tx:
        tx.desk.lock()
        theirs = tx.desk.offer(talk.consult) if talk.consult else None
        if theirs is not None:
            end_talk(tx, theirs.id, by="transfer", now=tx.now())
            order_hang_up(tx, theirs)
        else:
            entry = tx.queues.entry(talk.call_sid)
            if entry is not None and entry.kind == "consult":
                withdraw_transfer(tx, talk.call_sid)
        legs = [leg for leg in tx.desk.legs_of(theirs.id) if not leg.ended_at] if theirs else []
    for leg in legs:
        try:
            rt.telephony.end_call(leg.sid)
        except PortError:
            continue
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    return change(rt, offer, agent, lambda tx, now: released(tx, replace(now, consult="")))


def _ask_for(
    tx: Transaction,
    rt: Runtime,
    talk: EngagementRow,
    *,
    kind: str,
    queue: str = "",
    agent: str = "",
) -> None:
    if kind == "consult":
        request_transfer(tx, talk.call_sid, agent=agent, kind="consult")
        return
    most = _most_waiting(rt, queue) if queue else 0
    request_transfer(
        tx, talk.call_sid, queue=queue, agent=agent, kind="transfer", most_waiting=most
    )


def _most_waiting(rt: Runtime, queue: str) -> int:
    if queue not in rt.queues.queues:
        raise NotNowError("destino")
    return rt.queues.queue(queue).most_waiting


def _undo(rt: Runtime, talk: EngagementRow, *, leg: str, was_held: bool) -> None:
    """As it was before the try: the talk goes on."""
    try:
        if leg:
            rt.telephony.ends_room(talk.call_sid, leg, True)
        if not was_held:
            rt.telephony.hold(talk.call_sid, citizen(rt, talk), False)
    except PortError:
        return
