"""The leg of a citizen who is called back, from dialling to its end.

Legs of citizens stand under a key of their call, so that what ends the agent's legs leaves them.
Every function may be called twice, late, or out of order: what is over changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.domain.callback_tries import next_try
from ivr.ports.desk import LegRow, OfferRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.callbacks import finish
from ivr.service.desk.citizen import citizen_key
from ivr.service.desk.entries import leave_queue
from ivr.service.desk.media import has_ended, known_or_made
from ivr.service.desk.offer_ends import end_offer
from ivr.service.desk.outside_ends import caller_gone
from ivr.service.desk.talks import end_talk, end_wrap_up
from ivr.service.journal import note
from ivr.service.runtime import Runtime

UNANSWERED = "sem_resposta"
"""Disposition of a talk that did not come about: the person did not answer."""
DIALLED = "callback.dialled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenAnswer:
    """What a citizen hears before the room of ``call_sid``."""

    call_sid: str
    protocol: str


def answers(rt: Runtime, *, offer: str, leg: str) -> CitizenAnswer | None:
    """The citizen has picked up: the promise is kept. None when nobody waits in the room."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.desk.offer(offer)
        talk = tx.desk.engagement(offer)
        if row is None or talk is None or talk.ended_at is not None:
            return None
        known = keep_citizen(tx, row, leg)
        if known.ended_at is not None:
            return None
        if known.answered_at is None:
            tx.desk.change_leg(leg, status="in-progress", answered_at=tx.now())
            live = tx.callbacks.live_of_call(row.call_sid)
            if live is not None:
                done = replace(live, state="done", tries=live.tries + 1)
                finish(tx, done, kind="callback.reached", by=f"agent:{row.agent}")
        return CitizenAnswer(call_sid=row.call_sid, protocol=row.protocol)


def told(rt: Runtime, *, offer: str, leg: str, status: str) -> None:
    """A status callback of the leg."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.desk.offer(offer)
        if row is None:
            return
        known = keep_citizen(tx, row, leg)
        if not has_ended(tx, known, status):
            return
        if known.answered_at is not None:
            _left(tx, row)
        else:
            not_reached(rt, tx, row, status)


def not_reached(rt: Runtime, tx: Transaction, row: OfferRow, status: str) -> None:
    """A try in vain: the agent is free at once, the promise waits for its next time or, after the
    last, is given up and the citizen told by SMS. A talk that the agent ended was no try."""
    now = tx.now()
    ended = end_talk(tx, row.id, by="system", now=now)
    if ended is None:
        return
    end_wrap_up(tx, replace(ended, disposition=UNANSWERED), now=now, why="concluded")
    live = tx.callbacks.live_of_call(row.call_sid)
    if live is None:
        return
    tries = live.tries + 1
    again = next_try(tries, now, rt.hours)
    tried = replace(live, tries=tries, next_at=again, claimed_by="", claimed_at=None)
    by = f"agent:{row.agent}"
    if again is not None:
        next_at = again.isoformat()
        finish(tx, tried, kind="callback.tried", by=by, tries=tries, status=status, next_at=next_at)
        return
    given_up = replace(tried, state="dropped", next_at=live.next_at)
    finish(tx, given_up, kind="callback.given_up", by=by, tries=tries, status=status)
    tx.outbox.add(
        Job(
            key=f"sms.callback:{live.id}",
            kind="sms.callback",
            call_sid=row.call_sid,
            payload={"callback": live.id},
        )
    )


def keep_citizen(tx: Transaction, row: OfferRow, leg: str) -> LegRow:
    """The row of the leg, made when the carrier tells of it before its making was answered."""
    offer = citizen_key(row.call_sid)
    known, made = known_or_made(tx, row, leg, offer=offer, role="citizen")
    if made:
        note(tx, row.call_sid, DIALLED, offer=row.id)
    return known


def _left(tx: Transaction, row: OfferRow) -> None:
    """The citizen has hung up: every talk is over, and nobody is asked for them any more."""
    now = tx.now()
    entry = tx.queues.entry(row.call_sid)
    if entry is not None and entry.left_at is None:
        leave_queue(tx, row.call_sid, result="abandoned", now=now)
    waiting = tx.desk.open_offer_of(row.call_sid)
    if waiting is not None:
        end_offer(tx, waiting, state="abandoned", reason="desistiu", now=now)
    for talk in tx.desk.talks_of(row.call_sid):
        end_talk(tx, talk.offer, by="caller", now=now)
    caller_gone(tx, row.call_sid)
