"""A caller and a number outside the desk: asked first (warm), handed over at once (cold), or all
three together.

Only numbers of the list of ``callflows/queues.toml`` are called. The caller is held in the room
with music until the other side is there. All raise :class:`NotNowError` with the words of
:mod:`ivr.service.desk.conversation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from ivr.ports.desk import EngagementRow
from ivr.ports.errors import PortError
from ivr.ports.outside import OutsideKind, OutsideRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.live_talk import ask, change, citizen, live_leg, mine, released, save, talk_of
from ivr.service.desk.media import order_hang_up
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.outside_ends import end_outside, tell_of
from ivr.service.desk.outside_ends import save as save_outside
from ivr.service.desk.transfers import hand_over
from ivr.service.runtime import Runtime

log = structlog.get_logger("ivr.desk")


def call_out(
    rt: Runtime, offer: str, agent: str, *, name: str = "", typed: str = "", kind: OutsideKind
) -> OutsideRow:
    """Call a number outside into the room. ``name``: of the list; else the ``typed`` number.

    Warm: the agent talks with them while the caller hears music. Cold: the agent's wrap-up begins
    at once; a number that does not come gives the caller back to the queue, at the old rank.
    Raises ``numero_recusado`` (not on the list), ``ja_pedida``.
    """
    found = rt.queues.outside.find(name, typed)
    if found is None:
        raise NotNowError("numero_recusado")
    talk = mine(rt, offer, agent)
    with rt.store.begin(write=False) as tx:
        _must_be_alone(tx, talk)
    was_held, leg = talk.held_since is not None, live_leg(rt, offer).sid
    if kind == "cold":
        ask(lambda: rt.telephony.ends_room(talk.call_sid, leg, False))
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), True))
    try:
        with rt.store.begin() as tx:
            tx.desk.lock()
            talk = talk_of(tx, offer, agent)
            if talk.ended_at is not None:
                raise NotNowError("encerrada")
            _must_be_alone(tx, talk)
            row = OutsideRow(
                id=f"EX{rt.entropy(16).hex()}",
                offer=offer,
                call_sid=talk.call_sid,
                protocol=talk.protocol,
                agent=agent,
                kind=kind,
                label=found.label,
                number=found.number,
                alone=kind == "cold",
                asked_at=tx.now(),
            )
            if not tx.outside.add(row):
                raise NotNowError("ja_pedida")
            tell_of(tx, row, "outside.asked")
            tx.outbox.add(_job("desk.outside", row))
            _leave_or_hold(tx, talk, row)
            return row
    except NotNowError:
        _undo(rt, talk, leg=leg if kind == "cold" else "", was_held=was_held)
        raise


def join_three(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The caller, the agent and whoever was asked (a colleague, a number outside) hear each
    other. Twice is once. Raises ``sem_consulta`` while nobody has answered."""
    talk = mine(rt, offer, agent)
    row = _asked(rt, talk)
    if not talk.consult and row is None:
        raise NotNowError("sem_consulta")
    leg = live_leg(rt, offer).sid
    ask(lambda: rt.telephony.ends_room(talk.call_sid, leg, False))
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))

    def write(tx: Transaction, now: EngagementRow) -> EngagementRow:
        there = tx.outside.of_call(now.call_sid)
        if there is not None and not there.joined:
            joined = save_outside(tx, there, replace(there, joined=True))
            tell_of(tx, joined, "outside.joined")
        return released(tx, now)

    return change(rt, offer, agent, write)


def complete_out(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """The agent leaves the caller and the number outside to each other; the wrap-up begins.
    Raises ``sem_consulta`` while nobody has answered."""
    talk = mine(rt, offer, agent)
    row = _asked(rt, talk)
    if row is None:
        raise NotNowError("sem_consulta")
    leg = live_leg(rt, offer).sid
    ask(lambda: rt.telephony.ends_room(talk.call_sid, row.leg, True))
    ask(lambda: rt.telephony.ends_room(talk.call_sid, leg, False))
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    with rt.store.begin() as tx:
        tx.desk.lock()
        ended = leave_two(tx, offer)
        if ended is None:
            raise NotNowError("encerrada")
        return ended


def leave_two(tx: Transaction, offer: str) -> EngagementRow | None:
    """Write that the agent is gone and the two are not. None when one of them is. The desk's lock
    is held."""
    talk, offered = tx.desk.engagement(offer), tx.desk.offer(offer)
    row = tx.outside.of_call(talk.call_sid) if talk is not None else None
    if row is None or offered is None or row.state != "talking" or row.offer != offer:
        return None
    alone = save_outside(tx, row, replace(row, joined=True, alone=True))
    tell_of(tx, alone, "outside.alone")
    ended = hand_over(tx, offer)
    order_hang_up(tx, offered)
    return ended


def cancel_out(rt: Runtime, offer: str, agent: str) -> EngagementRow:
    """Back to the caller: whoever was called outside is let go, or is rung no more. Twice is
    once."""
    talk = mine(rt, offer, agent)
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.outside.of_call(talk.call_sid)
        if row is not None and row.offer == offer:
            end_outside(tx, row, why="cancelada", now=tx.now())
    if row is not None and row.leg:
        try:
            rt.telephony.end_call(row.leg)
        except PortError as error:
            log.warning("cannot hang up", leg=row.leg, why=error.reason)
    ask(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    return change(rt, offer, agent, released)


def _asked(rt: Runtime, talk: EngagementRow) -> OutsideRow | None:
    """Whoever outside has answered the agent of this talk."""
    with rt.store.begin(write=False) as tx:
        row = tx.outside.of_call(talk.call_sid)
    return row if row is not None and row.offer == talk.offer and row.state == "talking" else None


def _must_be_alone(tx: Transaction, talk: EngagementRow) -> None:
    entry = tx.queues.entry(talk.call_sid)
    waits = entry is not None and entry.left_at is None
    if waits or talk.consult or tx.outside.of_call(talk.call_sid):
        raise NotNowError("ja_pedida")


def _leave_or_hold(tx: Transaction, talk: EngagementRow, row: OutsideRow) -> None:
    offered = tx.desk.offer(talk.offer)
    if row.kind == "warm":
        save(tx, talk, replace(talk, held_since=talk.held_since or tx.now()))
    elif offered is None or hand_over(tx, talk.offer) is None:
        raise NotNowError("encerrada")
    else:
        order_hang_up(tx, offered)


def _undo(rt: Runtime, talk: EngagementRow, *, leg: str, was_held: bool) -> None:
    """As it was before the try: the talk goes on."""
    deeds: list[Callable[[], bool]] = []
    if leg:
        deeds.append(lambda: rt.telephony.ends_room(talk.call_sid, leg, True))
    if not was_held:
        deeds.append(lambda: rt.telephony.hold(talk.call_sid, citizen(rt, talk), False))
    for deed in deeds:
        try:
            deed()
        except PortError as error:
            log.warning("cannot undo", why=error.reason)


def _job(kind: str, row: OutsideRow) -> Job:
    return Job(
        key=f"{kind}:{row.id}", kind=kind, call_sid=row.call_sid, payload={"outside": row.id}
    )
