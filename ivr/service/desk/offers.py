"""The offer of a call to an agent: reserved → seen and ringing → answered, or it ends.

``reserved``: the console must tell within 3 s that it shows the offer. ``ringing``: the agent's
own telephone is rung; picking it up is the answer. Every step is a compare-and-set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.ports.desk import OfferRow
from ivr.ports.store import Job, QueueRow, Transaction
from ivr.service.desk.citizen import citizen_leg
from ivr.service.desk.entries import change_entry as change_entry
from ivr.service.desk.entries import enqueue_callback as enqueue_callback
from ivr.service.desk.entries import enter_queue, leave_queue
from ivr.service.desk.ledger import note
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.offer_ends import NO_ACK, NO_ANSWER, end_offer, tell_end
from ivr.service.desk.outside_ends import caller_there
from ivr.service.desk.states import move
from ivr.service.desk.talks import begin_talk, end_talk, tell_talk
from ivr.service.desk.transfers import hand_over as hand_over
from ivr.service.desk.transfers import request_transfer as request_transfer
from ivr.service.desk.transfers import withdraw_transfer as withdraw_transfer
from ivr.service.runtime import Runtime
from ivr.service.tickets import note_answered

ACK_WITHIN = timedelta(seconds=3)
UNTIL_IT_RINGS = timedelta(seconds=8)
"""For the job to be done and the carrier to reach the agent's telephone."""

DECLINE_REASONS: Mapping[str, str] = {
    "tecnico": "Problema técnico",
    "audio": "Problema de áudio",
    "outra_tarefa": "Estou em outra tarefa",
    "impedimento": "Conheço a pessoa (impedimento)",
}
OPEN = ("reserved", "seen", "ringing")
_UNANSWERED = {
    "no-answer": NO_ANSWER,
    "busy": "ocupado",
    "failed": "falhou",
    "canceled": "falhou",
    "completed": NO_ANSWER,
}
"""Last word of the carrier about a leg that was not answered → why the offer ended."""


def offer_of(rt: Runtime, offer: str) -> OfferRow | None:
    """The offer now."""
    with rt.store.begin(write=False) as tx:
        return tx.desk.offer(offer)


def seen(rt: Runtime, offer: str, agent: str) -> OfferRow:
    """The console shows the offer: the agent's telephone is rung. A repeat changes nothing.

    Raises :class:`NotNowError`: ``acabou``, ``de_outro``.
    """
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        tx.desk.touch(agent, at=now)
        row = _mine(tx, offer, agent)
        if row.state == "reserved" and row.due_at <= now:
            return end_offer(tx, row, state="expired", reason=NO_ACK, now=now)
        if row.state != "reserved":
            return row
        return _ring(tx, row, now)


def decline(rt: Runtime, offer: str, agent: str, reason: str) -> OfferRow:
    """The agent does not take it: it goes to the next one. A repeat changes nothing.

    Raises :class:`NotNowError`: ``motivo`` (not in :data:`DECLINE_REASONS`), ``acabou``,
    ``de_outro``.
    """
    if reason not in DECLINE_REASONS:
        raise NotNowError("motivo")
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.desk.offer(offer)
        if row is not None and row.agent == agent and row.state == "declined":
            return row
        return end_offer(tx, _mine(tx, offer, agent), state="declined", reason=reason, now=tx.now())


def leg_rings(tx: Transaction, offer: str) -> None:
    """The agent's telephone rings: from now the agent has ``ring_seconds``."""
    tx.desk.lock()
    row = tx.desk.offer(offer)
    if row is None or row.state != "ringing" or row.ringing_at is not None:
        return
    now = tx.now()
    account = tx.desk.agent(row.agent)
    seconds = account.ring_seconds if account else 20
    _step(tx, replace(row, ringing_at=now, due_at=now + timedelta(seconds=seconds)))


def leg_answered(tx: Transaction, offer: str) -> bool:
    """The agent has picked up: the talk begins. False when the offer is over: hang the leg up.

    A repeat is True while the talk goes on.
    """
    tx.desk.lock()
    now = tx.now()
    row = tx.desk.offer(offer)
    if row is None:
        return False
    if row.state == "answered":
        talk = tx.desk.engagement(offer)
        return talk is not None and talk.ended_at is None
    if row.state not in OPEN:
        return False
    entry = tx.queues.entry(row.call_sid)
    if entry is None or entry.left_at is not None:
        end_offer(tx, row, state="abandoned", reason="desistiu", now=now)
        return False
    presence = tx.desk.presence(row.agent)
    if presence is None or presence.offer != offer:
        return False
    answered = replace(row, state="answered", answered_at=now, ended_at=now, end_reason="atendida")
    if not begin_talk(tx, row, now=now):
        return False
    answered = _step(tx, answered)
    result = "consulted" if row.kind == "consult" else "answered"
    waited = (now - (entry.ranked_at or entry.entered_at)).total_seconds()
    note(
        tx,
        "offer.answered",
        at=now,
        call_sid=row.call_sid,
        offer=offer,
        agent=row.agent,
        waited=round(waited),
    )
    leave_queue(tx, row.call_sid, result=result, now=now)
    move(tx, presence, "in_call", now=now, reason=presence.reason, offer=offer, misses=0)
    tell_end(tx, answered, version=answered.version)
    if row.kind == "consult":
        for talk in tx.desk.talks_of(row.call_sid):
            if talk.offer != offer and not talk.consult:
                asking = replace(talk, consult=offer)
                if tx.desk.change_engagement(asking, was=talk.version):
                    tell_talk(tx, replace(asking, version=talk.version + 1))
    note_answered(tx, protocol=row.protocol, call_sid=row.call_sid, agent=row.agent)
    tx.outbox.add(_job("desk.connect", row))
    return True


def leg_ended(tx: Transaction, offer: str, status: str) -> None:
    """The agent's leg is over, in the carrier's word. Unanswered: the call goes to the next
    agent. After an answer: the talk is over. A repeat changes nothing."""
    tx.desk.lock()
    row = tx.desk.offer(offer)
    if row is None:
        return
    if row.state == "answered":
        end_talk(tx, offer, by="agent", now=tx.now())
    elif row.state in OPEN:
        reason = _UNANSWERED.get(status, "falhou")
        end_offer(tx, row, state="expired", reason=reason, now=tx.now())


def not_connected(tx: Transaction, offer: str, *, in_room: bool = False) -> bool:
    """The agent has answered but the two could not be brought together: the talk is over, and
    the caller waits again at the old rank. False when the talk is over already.

    ``in_room``: the caller was taken out of the carrier's queue and is held in the room.
    """
    tx.desk.lock()
    now = tx.now()
    row = tx.desk.offer(offer)
    if row is None or end_talk(tx, offer, by="system", now=now) is None:
        return False
    before = tx.queues.entry(row.call_sid)
    if not caller_there(tx, row.call_sid) or before is None or row.kind == "consult":
        return True
    called_back = citizen_leg(tx, row.call_sid) is not None
    again = replace(
        before,
        entered_at=now,
        left_at=None,
        result="",
        target="",
        in_room=in_room or before.in_room or called_back,
    )
    enter_queue(tx, again, now=now)
    return True


def caller_left(
    tx: Transaction, call_sid: str, *, result: str = "abandoned", by: str = "caller"
) -> None:
    """The caller is gone: no longer waiting, not to be offered, no longer talked with.

    A promised callback stays. ``result``: how the wait is told; ``by``: who ended a talk.
    """
    tx.desk.lock()
    now = tx.now()
    entry = tx.queues.entry(call_sid)
    if entry is not None and entry.left_at is None and entry.kind != "callback":
        leave_queue(tx, call_sid, result=result, now=now)
    open_offer = tx.desk.open_offer_of(call_sid)
    if open_offer is not None and open_offer.kind != "callback":
        end_offer(tx, open_offer, state="abandoned", reason="desistiu", now=now)
    for talk in tx.desk.talks_of(call_sid):
        kept = tx.desk.offer(talk.offer)
        if kept is not None and kept.kind != "callback":
            end_talk(tx, talk.offer, by=by, now=now)


def expire(tx: Transaction, offer: str) -> bool:
    """End an offer whose time ran out. False when it is over or has time left."""
    tx.desk.lock()
    now = tx.now()
    row = tx.desk.offer(offer)
    if row is None or row.state not in OPEN or row.due_at > now:
        return False
    reason = NO_ANSWER if row.state == "ringing" else NO_ACK
    end_offer(tx, row, state="expired", reason=reason, now=now)
    return True


def _ring(tx: Transaction, row: OfferRow, now: datetime) -> OfferRow:
    presence = tx.desk.presence(row.agent)
    if presence is None or presence.offer != row.id:
        raise NotNowError("acabou")
    account = tx.desk.agent(row.agent)
    seconds = timedelta(seconds=account.ring_seconds if account else 20)
    due = now + UNTIL_IT_RINGS + seconds
    ringing = _step(tx, replace(row, state="ringing", seen_at=now, due_at=due))
    note(tx, "offer.seen", at=now, call_sid=row.call_sid, offer=row.id, agent=row.agent)
    move(tx, presence, "ringing", now=now, offer=row.id)
    tx.outbox.add(_job("desk.ring", row))
    return ringing


def _mine(tx: Transaction, offer: str, agent: str) -> OfferRow:
    row = tx.desk.offer(offer)
    if row is None or row.agent != agent:
        raise NotNowError("de_outro")
    if row.state not in OPEN and row.state != "answered":
        raise NotNowError("acabou")
    return row


def _step(tx: Transaction, row: OfferRow) -> OfferRow:
    if not tx.desk.change_offer(row, was=row.version):
        raise NotNowError("mudou")
    return replace(row, version=row.version + 1)


def _job(kind: str, offer: OfferRow) -> Job:
    return Job(
        key=f"{kind}:{offer.id}", kind=kind, call_sid=offer.call_sid, payload={"offer": offer.id}
    )


__all__ = [
    "ACK_WITHIN",
    "DECLINE_REASONS",
    "NotNowError",
    "QueueRow",
    "caller_left",
    "decline",
    "enqueue_callback",
    "expire",
    "hand_over",
    "leg_answered",
    "leg_ended",
    "leg_rings",
    "not_connected",
    "offer_of",
    "request_transfer",
    "seen",
    "withdraw_transfer",
]
