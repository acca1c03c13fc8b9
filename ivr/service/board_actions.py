"""What a supervisor may change from the board. Every change is a line of the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ivr.ports.metrics import ClosedQueue, OutageRow
from ivr.ports.queues import QueueRow
from ivr.ports.staff import AuditLine
from ivr.ports.store import Transaction
from ivr.service.desk import presence
from ivr.service.desk.entries import enter_queue, leave_queue, tell_queue
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.router import route_now
from ivr.service.desk.states import SUPERVISION
from ivr.service.desk.talks import end_wrap_up
from ivr.service.desk.wrap_up import UNTOLD
from ivr.service.runtime import Runtime

MOVED = "moved"
"""Result of a wait that went on in another queue, or at another place of its own."""
AHEAD = 100
"""Priority of a call that a supervisor puts in front: before every right of ``queues.toml``."""
BY_SUPERVISOR = "supervisao"
LONGEST_OUTAGE = timedelta(hours=24)
LONGEST_CLOSURE = timedelta(hours=24)


def change_state(rt: Runtime, agent: str, state: str, *, reason: str = "", by: str) -> None:
    """``available``, ``paused`` with one of the agents' own reasons, or ``offline``.

    Raises :class:`NotNowError` as the agent's own buttons do, and ``estado`` for another word.
    """
    match state:
        case "available":
            row = presence.presence_of(rt, agent)
            if row.state == "offline":
                raise NotNowError("desconectado")
            presence.go_available(rt, agent)
        case "paused":
            presence.pause(rt, agent, reason)
        case "offline":
            presence.go_offline(rt, agent)
        case _:
            raise NotNowError("estado")
    with rt.store.begin() as tx:
        _note(tx, by, "agent.state_changed", f"staff:{agent}", state=state, reason=reason)
    if state == "available":
        route_now(rt)


def finish_wrap_up(rt: Runtime, agent: str, *, by: str) -> None:
    """End the agent's work after a talk. Raises :class:`NotNowError` ``sem_pos_atendimento``."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        talk = tx.desk.unwrapped_of(agent)
        if talk is None or talk.ended_at is None:
            raise NotNowError("sem_pos_atendimento")
        told = replace(talk, disposition=talk.disposition or UNTOLD)
        end_wrap_up(tx, told, now=now, why="supervisor")
        _note(tx, by, "wrap_up.finished", f"staff:{agent}", offer=talk.offer)
    route_now(rt)


def move_call(rt: Runtime, call_sid: str, *, queue: str, by: str) -> None:
    """Let a waiting call wait in another queue, at its old rank.

    Raises :class:`NotNowError`: ``nao_espera``, ``tocando`` (an agent's telephone rings for it),
    ``destino`` (no such queue, or the same one), ``fila_fechada``.
    """
    if queue not in rt.queues.queues:
        raise NotNowError("destino")
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        entry = _waiting(tx, call_sid)
        if entry.queue == queue:
            raise NotNowError("destino")
        if queue in tx.switches.closed_queues(now=now):
            raise NotNowError("fila_fechada")
        _again(tx, replace(entry, queue=queue), now)
        _note(tx, by, "call.moved", f"call:{call_sid}", queue=queue, was=entry.queue)
    route_now(rt)


def put_ahead(rt: Runtime, call_sid: str, *, by: str) -> None:
    """Let a waiting call be the next of its queue. Raises :class:`NotNowError`: ``nao_espera``,
    ``tocando``, ``ja_na_frente``."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        now = tx.now()
        entry = _waiting(tx, call_sid)
        if entry.priority >= AHEAD:
            raise NotNowError("ja_na_frente")
        kind = entry.priority_kind or BY_SUPERVISOR
        _again(tx, replace(entry, priority=AHEAD, priority_kind=kind), now)
        _note(tx, by, "call.put_ahead", f"call:{call_sid}", queue=entry.queue)
    route_now(rt)


def close_queue(rt: Runtime, queue: str, *, minutes: int, by: str) -> None:
    """Take nobody new into a queue; who waits goes on waiting. ``minutes`` 0: until it is opened.

    Raises :class:`NotNowError`: ``destino``, ``prazo``.
    """
    if queue not in rt.queues.queues:
        raise NotNowError("destino")
    if not 0 <= minutes <= LONGEST_CLOSURE.total_seconds() / 60:
        raise NotNowError("prazo")
    with rt.store.begin() as tx:
        now = tx.now()
        until = now + timedelta(minutes=minutes) if minutes else None
        tx.switches.close_queue(ClosedQueue(queue=queue, at=now, until=until, by=by))
        _note(tx, by, "queue.closed", f"queue:{queue}", minutes=minutes)
        tell_queue(tx, queue)


def open_queue(rt: Runtime, queue: str, *, by: str) -> None:
    """Take callers again. Raises :class:`NotNowError` ``ja_aberta``."""
    with rt.store.begin() as tx:
        if not tx.switches.open_queue(queue):
            raise NotNowError("ja_aberta")
        _note(tx, by, "queue.opened", f"queue:{queue}")
        tell_queue(tx, queue)


def begin_outage(rt: Runtime, prompt: str, *, minutes: int, by: str) -> None:
    """Play a message in front of the menu until it expires, instead of the one before.

    Raises :class:`NotNowError`: ``aviso`` (no such message), ``prazo`` (0, or over a day).
    """
    if prompt not in messages_of(rt):
        raise NotNowError("aviso")
    if not 0 < minutes <= LONGEST_OUTAGE.total_seconds() / 60:
        raise NotNowError("prazo")
    with rt.store.begin() as tx:
        now = tx.now()
        before = tx.switches.outage(now=now)
        if before is not None:
            tx.switches.end_outage(before.id, at=now)
        until = now + timedelta(minutes=minutes)
        tx.switches.begin_outage(OutageRow(prompt=prompt, at=now, until=until, by=by))
        _note(tx, by, "outage.begun", f"outage:{prompt}", minutes=minutes)
        tx.changes.tell("ura.resumo", "aviso", audience=[SUPERVISION])


def end_outage(rt: Runtime, outage: int, *, by: str) -> None:
    """Stop playing it. Raises :class:`NotNowError` ``aviso_acabou``."""
    with rt.store.begin() as tx:
        if not tx.switches.end_outage(outage, at=tx.now()):
            raise NotNowError("aviso_acabou")
        _note(tx, by, "outage.ended", f"outage:{outage}")
        tx.changes.tell("ura.resumo", "aviso", audience=[SUPERVISION])


def messages_of(rt: Runtime) -> dict[str, str]:
    """Messages that may stand in front of the menu: id of the prompt → its words."""
    return {
        name: rt.prompts.prompts[name].text
        for name in sorted(rt.prompts.prompts)
        if name.startswith("outage.")
    }


def _waiting(tx: Transaction, call_sid: str) -> QueueRow:
    entry = tx.queues.entry(call_sid)
    if entry is None or entry.left_at is not None:
        raise NotNowError("nao_espera")
    if tx.desk.open_offer_of(call_sid) is not None:
        raise NotNowError("tocando")
    return entry


def _again(tx: Transaction, entry: QueueRow, now: datetime) -> None:
    leave_queue(tx, entry.call_sid, result=MOVED, now=now)
    fresh = replace(entry, entered_at=now, left_at=None, result="", target="")
    if enter_queue(tx, fresh, now=now) is None:
        raise NotNowError("nao_espera")


def _note(tx: Transaction, by: str, action: str, subject: str, **data: Any) -> None:
    tx.audit.add(AuditLine(at=tx.now(), actor=by, action=action, object=subject, data=data))
