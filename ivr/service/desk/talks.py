"""The talk of an agent with a caller: its beginning, its end, and the wrap-up's end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.agent_states import AgentState
from ivr.ports.desk import EngagementRow, OfferRow, PresenceRow
from ivr.ports.store import Job, Transaction
from ivr.service.calls_log_facts import record_call
from ivr.service.desk.ledger import note
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.outside_ends import end_with_talk, keeps_room
from ivr.service.desk.presence import LEAVE, NO_SIGN, PAUSE_REASONS, silent
from ivr.service.desk.states import SUPERVISION, move
from ivr.service.desk.supervision_ends import end_of_talk

WRAP_UP = timedelta(seconds=60)
CONSULTED = "consulta"
"""Disposition of a colleague who was only asked: nothing is left to write down."""


def begin_talk(tx: Transaction, offer: OfferRow, *, now: datetime) -> bool:
    """Write the talk of an answered offer. False when the agent has another one."""
    talk = EngagementRow(
        offer=offer.id,
        call_sid=offer.call_sid,
        protocol=offer.protocol,
        queue=offer.queue,
        agent=offer.agent,
        started_at=now,
    )
    if not tx.desk.add_engagement(talk):
        return False
    tell_talk(tx, talk)
    return True


def end_talk(tx: Transaction, offer: str, *, by: str, now: datetime) -> EngagementRow | None:
    """End a talk once: the agent's wrap-up begins, and the room closes unless somebody else
    talks in it or the caller waits in it. None when the talk is over. The desk's lock is held.

    ``by``: agent, caller, transfer, system.
    """
    talk = tx.desk.engagement(offer)
    kept = tx.desk.offer(offer)
    if talk is None or kept is None or talk.ended_at is not None:
        return None
    held = int((now - talk.held_since).total_seconds()) if talk.held_since else 0
    asked_only = kept.kind == "consult"
    ended = replace(
        talk,
        ended_at=now,
        ended_by=by,
        held_since=None,
        hold_seconds=talk.hold_seconds + held,
        wrap_until=None if asked_only else now + WRAP_UP,
        wrapped_at=now if asked_only else None,
        disposition=CONSULTED if asked_only else "",
    )
    ended = _save(tx, ended)
    note(
        tx,
        "talk.ended",
        at=now,
        call_sid=talk.call_sid,
        offer=offer,
        agent=talk.agent,
        by=by,
        kind=kept.kind,
    )
    row = tx.desk.presence(talk.agent)
    if row is not None and row.offer == offer and row.state == "in_call":
        if asked_only:
            back_to_work(tx, row, now=now)
        else:
            move(tx, row, "wrap_up", now=now, reason=row.reason, offer=offer, idle_since=now)
            tx.changes.tell(
                "posatendimento", offer, version=ended.version, audience=[f"agent:{talk.agent}"]
            )
    _forget_consult(tx, talk)
    end_of_talk(tx, offer, now=now)
    end_with_talk(tx, talk.call_sid, offer=offer, by=by, now=now)
    tell_talk(tx, ended)
    _close_room(tx, talk)
    return ended


def end_wrap_up(tx: Transaction, talk: EngagementRow, *, now: datetime, why: str) -> EngagementRow:
    """The work after a talk is over (``talk`` holds what it came to): the agent is next in turn.

    The desk's lock is held. ``why``: concluded, ran_out.
    """
    wrapped = _save(tx, replace(talk, wrapped_at=now))
    note(
        tx,
        "wrap_up.ended",
        at=now,
        call_sid=talk.call_sid,
        offer=talk.offer,
        agent=talk.agent,
        why=why,
        disposition=talk.disposition,
        contact_class=talk.contact_class,
    )
    row = tx.desk.presence(talk.agent)
    if row is not None and row.state == "wrap_up" and row.offer == talk.offer:
        back_to_work(tx, row, now=now)
    record_call(tx, talk.call_sid)
    return wrapped


def back_to_work(tx: Transaction, row: PresenceRow, *, now: datetime) -> PresenceRow:
    """What follows a talk: what the agent wished meanwhile, else the next call."""
    account = tx.desk.agent(row.agent)
    state: AgentState = "available"
    reason = ""
    if row.reason == LEAVE or account is None or not account.active:
        state, reason = "offline", LEAVE
    elif silent(row, now=now):
        state, reason = "offline", NO_SIGN
    elif row.reason in PAUSE_REASONS:
        state, reason = "paused", row.reason
    skills = account.skills if account is not None else row.skills
    return move(tx, row, state, now=now, reason=reason, idle_since=now, skills=skills)


def tell_talk(tx: Transaction, talk: EngagementRow, *, to: Iterable[str] = ()) -> None:
    """The event of a talk's state."""
    tx.changes.tell(
        "chamada.estado",
        talk.offer,
        version=talk.version,
        audience=[f"agent:{talk.agent}", SUPERVISION, *to],
    )


def _save(tx: Transaction, talk: EngagementRow) -> EngagementRow:
    if not tx.desk.change_engagement(talk, was=talk.version):
        raise NotNowError("mudou")
    return replace(talk, version=talk.version + 1)


def _forget_consult(tx: Transaction, ended: EngagementRow) -> None:
    """Who asked the colleague whose part has ended asks nobody any more."""
    for talk in tx.desk.talks_of(ended.call_sid):
        if talk.consult == ended.offer:
            tell_talk(tx, _save(tx, replace(talk, consult="")))


def _close_room(tx: Transaction, talk: EngagementRow) -> None:
    if tx.desk.talks_of(talk.call_sid) or keeps_room(tx, talk.call_sid):
        return
    entry = tx.queues.entry(talk.call_sid)
    if entry is not None and entry.left_at is None and entry.in_room:
        return
    tx.outbox.add(
        Job(
            key=f"desk.close_room:{talk.offer}",
            kind="desk.close_room",
            call_sid=talk.call_sid,
            payload={"call_sid": talk.call_sid, "offer": talk.offer},
        )
    )
