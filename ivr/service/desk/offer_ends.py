"""How an offer ends without a talk, and what that means for the agent and for the caller."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from ivr.domain.agent_states import OFFERED
from ivr.ports.desk import OfferRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.entries import change_entry, leave_queue
from ivr.service.desk.ledger import note
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.states import move

NO_ACK = "console_sem_resposta"
NO_ANSWER = "nao_atendeu"
MOST_MISSES = 2
"""In a row; then the agent is paused."""
_NO_MISS = ("console_sem_resposta", "sem_sinal", "sair")
"""The agent is offline after these; it was no miss."""


def end_offer(
    tx: Transaction,
    offer: OfferRow,
    *,
    state: Literal["declined", "expired", "abandoned"],
    reason: str,
    now: datetime,
) -> OfferRow:
    """End an open offer. The call keeps its place; the desk's lock is held.

    Raises :class:`NotNowError` ``acabou`` when the offer is over.
    """
    rang = offer.state == "ringing"
    ended = replace(offer, state=state, end_reason=reason, ended_at=now)
    if offer.ended_at is not None or not tx.desk.change_offer(ended, was=offer.version):
        raise NotNowError("acabou")
    note(
        tx,
        f"offer.{state}",
        at=now,
        call_sid=offer.call_sid,
        offer=offer.id,
        agent=offer.agent,
        reason=reason,
    )
    tell_end(tx, ended, version=offer.version + 1)
    if rang:
        stop_ringing(tx, offer)
    _free_agent(tx, ended, now)
    if state != "abandoned":
        _next_place(tx, ended, now)
    return replace(ended, version=offer.version + 1)


def tell_end(tx: Transaction, offer: OfferRow, *, version: int) -> None:
    """The event of an offer's end."""
    tx.changes.tell("oferta.fim", offer.id, version=version, audience=[f"agent:{offer.agent}"])


def stop_ringing(tx: Transaction, offer: OfferRow) -> None:
    """Order the legs of the offer to be hung up."""
    tx.outbox.add(
        Job(
            key=f"desk.stop_ring:{offer.id}",
            kind="desk.stop_ring",
            call_sid=offer.call_sid,
            payload={"offer": offer.id},
        )
    )


def _free_agent(tx: Transaction, offer: OfferRow, now: datetime) -> None:
    row = tx.desk.presence(offer.agent)
    if row is None or row.offer != offer.id or row.state not in OFFERED:
        return
    if offer.end_reason in _NO_MISS:
        move(tx, row, "offline", now=now, reason=offer.end_reason)
        return
    misses = row.misses + 1 if offer.state == "expired" else row.misses
    if misses >= MOST_MISSES:
        move(tx, row, "paused", now=now, reason=NO_ANSWER, misses=misses)
    else:
        move(tx, row, "available", now=now, misses=misses)


def _next_place(tx: Transaction, offer: OfferRow, now: datetime) -> None:
    """A call that was for this agent alone goes to everyone; a colleague who was asked is not
    asked again."""
    entry = tx.queues.entry(offer.call_sid)
    if entry is None or entry.left_at is not None:
        return
    if entry.kind == "consult":
        leave_queue(tx, offer.call_sid, result=f"consult:{offer.end_reason}", now=now)
        for talk in tx.desk.talks_of(offer.call_sid):
            tx.changes.tell(
                "chamada.estado", talk.offer, version=talk.version, audience=[f"agent:{talk.agent}"]
            )
    elif entry.target == offer.agent:
        change_entry(tx, entry, now=now, target="", in_room=entry.in_room)
