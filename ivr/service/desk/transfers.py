"""A talk is handed on: to a queue, to a colleague, or a colleague is asked meanwhile."""

from __future__ import annotations

from typing import Literal

from ivr.ports.desk import EngagementRow
from ivr.ports.queues import QueueRow
from ivr.ports.store import Transaction
from ivr.service.desk.entries import enter_queue, leave_queue
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.offer_ends import end_offer
from ivr.service.desk.talks import end_talk


def request_transfer(
    tx: Transaction,
    call_sid: str,
    *,
    queue: str = "",
    agent: str = "",
    kind: Literal["transfer", "consult"],
    most_waiting: int = 50,
) -> QueueRow:
    """Let the call of a talk wait for another agent, in its room and at its old rank.

    The talk itself goes on: end it with :func:`hand_over` for a cold transfer.
    Raises :class:`NotNowError`: ``sem_conversa``, ``ja_pedida`` (it waits for somebody already),
    ``agente_indisponivel`` (not free now), ``fila_vazia`` (nobody with the skill is logged in),
    ``fila_cheia``, ``destino`` (neither queue nor agent, or the agent of the talk).
    """
    tx.desk.lock()
    now = tx.now()
    talks = tx.desk.talks_of(call_sid)
    if not talks:
        raise NotNowError("sem_conversa")
    before = tx.queues.entry(call_sid)
    if (before is not None and before.left_at is None) or tx.desk.open_offer_of(call_sid):
        raise NotNowError("ja_pedida")
    if tx.outside.of_call(call_sid) is not None:
        raise NotNowError("ja_pedida")
    if agent:
        _must_be_free(tx, agent, talks)
    elif queue:
        _must_take(tx, queue, most_waiting, talks)
    else:
        raise NotNowError("destino")
    entry = enter_queue(
        tx,
        QueueRow(
            call_sid=call_sid,
            queue=queue or talks[0].queue,
            entered_at=now,
            ranked_at=None if before else talks[0].started_at,
            priority=before.priority if before else 0,
            priority_kind=before.priority_kind if before else "",
            kind=kind,
            target=agent,
            in_room=True,
        ),
        now=now,
    )
    if entry is None:
        raise NotNowError("ja_pedida")
    return entry


def hand_over(tx: Transaction, offer: str) -> EngagementRow | None:
    """The agent leaves a call that waits for another one: the agent's wrap-up begins."""
    tx.desk.lock()
    return end_talk(tx, offer, by="transfer", now=tx.now())


def withdraw_transfer(tx: Transaction, call_sid: str) -> bool:
    """Take back what :func:`request_transfer` asked. False when somebody has answered."""
    tx.desk.lock()
    now = tx.now()
    entry = tx.queues.entry(call_sid)
    if entry is None or entry.left_at is not None or entry.kind not in ("transfer", "consult"):
        return False
    leave_queue(tx, call_sid, result="withdrawn", now=now)
    offer = tx.desk.open_offer_of(call_sid)
    if offer is not None:
        end_offer(tx, offer, state="abandoned", reason="cancelada", now=now)
    return True


def _must_be_free(tx: Transaction, agent: str, talks: list[EngagementRow]) -> None:
    if any(talk.agent == agent for talk in talks):
        raise NotNowError("destino")
    row = tx.desk.presence(agent)
    if row is None or row.state != "available":
        raise NotNowError("agente_indisponivel")


def _must_take(tx: Transaction, queue: str, most: int, talks: list[EngagementRow]) -> None:
    mine = {talk.agent for talk in talks}
    there = [a for a in tx.desk.agents() if queue in a.skills and a.presence.agent not in mine]
    if not there:
        raise NotNowError("fila_vazia")
    if tx.queues.waiting(queue) >= most:
        raise NotNowError("fila_cheia")
