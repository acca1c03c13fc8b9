"""Who is at the desk: log-in, pauses, signs of life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ivr.domain.agent_states import BUSY, OFFERED
from ivr.ports.desk import AgentRow, PresenceRow
from ivr.ports.store import Transaction
from ivr.service.desk.ledger import note
from ivr.service.desk.not_now import NotNowError as NotNowError
from ivr.service.desk.offer_ends import end_offer
from ivr.service.desk.states import move, tell_state
from ivr.service.runtime import Runtime

PAUSE_REASONS: Mapping[str, str] = {
    "almoco": "Almoço",
    "descanso": "Descanso",
    "banheiro": "Pausa pessoal",
    "reuniao": "Reunião",
    "treinamento": "Treinamento",
    "trabalho_interno": "Trabalho interno",
}
"""Reasons that an agent may choose."""
LEAVE = "sair"
"""Wish to go offline once the talk and its wrap-up are over."""
NO_SIGN = "sem_sinal"
SILENT_AFTER = timedelta(seconds=30)
"""A console without a sign of life for so long is offline. It gives one every 10 s."""


def presence_of(rt: Runtime, agent: str) -> PresenceRow:
    """The agent now. Raises :class:`NotNowError` ``conta_inativa`` for an unknown account."""
    with rt.store.begin(write=False) as tx:
        return _account(tx, agent).presence


def go_available(rt: Runtime, agent: str) -> PresenceRow:
    """Take calls. In a talk or its wrap-up: take back the wish to pause or to leave afterwards.

    Raises :class:`NotNowError`: ``em_conversa``, ``pos_atendimento``, ``conta_inativa``.
    """
    with rt.store.begin() as tx:
        row, now = _begin(tx, agent)
        tx.desk.touch(agent, at=now)
        if row.state == "available" or row.state in OFFERED:
            return row
        if row.state in BUSY:
            if row.reason:
                return _wish(tx, row, "", now)
            raise NotNowError("em_conversa" if row.state == "in_call" else "pos_atendimento")
        idle = now if row.state == "offline" else row.idle_since
        skills = _account(tx, agent).skills
        return move(tx, row, "available", now=now, idle_since=idle, misses=0, skills=skills)


def pause(rt: Runtime, agent: str, reason: str) -> PresenceRow:
    """No calls for a while. In a talk or its wrap-up: once they are over.

    Raises :class:`NotNowError`: ``motivo`` (not in :data:`PAUSE_REASONS`), ``oferta`` (a call is
    being offered), ``desconectado``, ``conta_inativa``.
    """
    if reason not in PAUSE_REASONS:
        raise NotNowError("motivo")
    with rt.store.begin() as tx:
        row, now = _begin(tx, agent)
        if row.state == "offline":
            raise NotNowError("desconectado")
        if row.state in OFFERED:
            raise NotNowError("oferta")
        if row.state in BUSY:
            return _wish(tx, row, reason, now)
        if row.state == "paused":
            if row.reason == reason:
                return row
            return _wish(tx, row, reason, now)
        return move(tx, row, "paused", now=now, reason=reason)


def go_offline(rt: Runtime, agent: str, *, reason: str = LEAVE) -> PresenceRow:
    """Leave the desk. A call being offered goes to the next agent; a talk goes on, and the agent
    leaves after its wrap-up. Raises :class:`NotNowError` ``conta_inativa``."""
    with rt.store.begin() as tx:
        row, now = _begin(tx, agent)
        return offline(tx, row, now=now, reason=reason)


def offline(tx: Transaction, row: PresenceRow, *, now: datetime, reason: str) -> PresenceRow:
    """The same inside a transaction that holds the desk's lock."""
    if row.state == "offline":
        return row
    if row.state in BUSY:
        return _wish(tx, row, LEAVE, now)
    if row.state in OFFERED:
        open_offer = tx.desk.offer(row.offer)
        if open_offer is not None:
            by_will = reason == LEAVE
            end_offer(
                tx,
                open_offer,
                state="declined" if by_will else "expired",
                reason=reason,
                now=now,
            )
        row = tx.desk.presence(row.agent) or row
    return row if row.state == "offline" else move(tx, row, "offline", now=now, reason=reason)


def beat(rt: Runtime, agent: str, health: Mapping[str, Any] | None = None) -> PresenceRow:
    """A console's sign of life, every 10 s, with what it says of itself (microphone, sounds)."""
    with rt.store.begin() as tx:
        now = tx.now()
        if not tx.desk.touch(agent, at=now, health=health):
            row = replace(_account(tx, agent).presence, since=now, idle_since=now, version=1)
            tx.desk.put_presence(replace(row, seen_at=now, health=dict(health or {})))
        return _account(tx, agent).presence


def silent(row: PresenceRow, *, now: datetime) -> bool:
    """Whether the console has given no sign of life for too long."""
    return now - (row.seen_at or row.since) >= SILENT_AFTER


def keep_skills(tx: Transaction, agent: AgentRow, *, now: datetime) -> PresenceRow:
    """Tell the ledger of the agent's queues when the account was changed."""
    row = agent.presence
    if row.skills == agent.skills:
        return row
    changed = replace(row, skills=agent.skills)
    if not tx.desk.change_presence(changed, was=row.version):
        raise NotNowError("mudou")
    note(tx, "agent.skills", at=now, agent=row.agent, skills=list(agent.skills))
    return replace(changed, version=row.version + 1)


def _begin(tx: Transaction, agent: str) -> tuple[PresenceRow, datetime]:
    tx.desk.lock()
    now = tx.now()
    account = _account(tx, agent)
    if not account.active and account.presence.state == "offline":
        raise NotNowError("conta_inativa")
    row = account.presence
    if row.version == 0:
        row = replace(row, since=now, idle_since=now, version=1)
        tx.desk.put_presence(row)
    return row, now


def _account(tx: Transaction, agent: str) -> AgentRow:
    found = tx.desk.agent(agent)
    if found is None:
        raise NotNowError("conta_inativa")
    return found


def _wish(tx: Transaction, row: PresenceRow, reason: str, now: datetime) -> PresenceRow:
    changed = replace(row, reason=reason, since=now if row.state == "paused" else row.since)
    if not tx.desk.change_presence(changed, was=row.version):
        raise NotNowError("mudou")
    note(tx, "agent.reason", at=now, agent=row.agent, state=row.state, reason=reason)
    told = replace(changed, version=row.version + 1)
    tell_state(tx, told)
    return told
