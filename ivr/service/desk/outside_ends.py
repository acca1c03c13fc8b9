"""How a call to a number outside ends, what becomes of the caller, and what is written of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.ports.outside import OutsideRow
from ivr.ports.queues import QueueRow
from ivr.ports.store import Job, Transaction
from ivr.ports.tickets import TicketEvent
from ivr.service.desk import ledger
from ivr.service.desk.citizen import citizen_leg
from ivr.service.desk.entries import enter_queue
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.states import SUPERVISION
from ivr.service.journal import note

TOPIC = "chamada.estado"
FAILED = ("ocupado", "nao_atendeu", "falhou")
"""Why nobody came."""


def end_outside(tx: Transaction, row: OutsideRow, *, why: str, now: datetime) -> OutsideRow:
    """End it once, and hang up. A caller who was handed to a number that did not come waits again
    in the room, at the old rank. The desk's lock is held.

    ``why``: ``ocupado``, ``nao_atendeu``, ``falhou``, ``desligou`` (they hung up after talking),
    ``cancelada`` (the agent took it back), ``quem_ligou_desligou``, ``conversa_acabou``.
    """
    if row.ended_at is not None:
        return row
    ended = save(tx, row, replace(row, state="ended", ended_at=now, end_reason=why))
    tell_of(tx, ended, "outside.ended", why=why)
    tx.outbox.add(_job("desk.outside_end", ended))
    if ended.alone and caller_there(tx, ended.call_sid):
        if not ended.joined:
            _wait_again(tx, ended, now)
        else:
            tx.outbox.add(_close(ended))
    return ended


def end_with_talk(tx: Transaction, call_sid: str, *, offer: str, by: str, now: datetime) -> None:
    """The talk of ``offer`` is over: what its agent asked for goes with it, unless the agent has
    left the two to each other."""
    row = tx.outside.of_call(call_sid)
    if row is None or row.alone or row.offer != offer:
        return
    gone = by == "caller"
    end_outside(tx, row, why="quem_ligou_desligou" if gone else "conversa_acabou", now=now)


def caller_gone(tx: Transaction, call_sid: str) -> None:
    """The caller has hung up: nobody is called for them any more."""
    row = tx.outside.of_call(call_sid)
    if row is not None:
        end_outside(tx, row, why="quem_ligou_desligou", now=tx.now())


def keeps_room(tx: Transaction, call_sid: str) -> bool:
    """Whether the caller is with somebody outside, or waits for them, without an agent."""
    row = tx.outside.of_call(call_sid)
    return row is not None and row.alone


def caller_there(tx: Transaction, call_sid: str) -> bool:
    """Whether the citizen is on the line, by their own call or by the one that called back."""
    view = tx.calls.view(call_sid, 0)
    if view is not None and view.call.ended_at is None:
        return True
    leg = citizen_leg(tx, call_sid)
    return leg is not None and leg.answered_at is not None


def save(tx: Transaction, before: OutsideRow, after: OutsideRow) -> OutsideRow:
    """Compare and set, and tell the agent."""
    if not tx.outside.change(after, was=before.version):
        raise NotNowError("mudou")
    kept = replace(after, version=before.version + 1)
    talk = tx.desk.engagement(kept.offer)
    tx.changes.tell(
        TOPIC,
        kept.offer,
        version=talk.version if talk else 0,
        audience=[f"agent:{kept.agent}", SUPERVISION],
    )
    return kept


def tell_of(tx: Transaction, row: OutsideRow, kind: str, **data: str | bool) -> None:
    """The same line in the ledger, in the call's journal and in the ticket: without the number."""
    told: dict[str, str | bool] = {"outside": row.id, "to": row.label, "way": row.kind, **data}
    now = tx.now()
    ledger.note(tx, kind, at=now, call_sid=row.call_sid, offer=row.offer, agent=row.agent, **told)
    note(tx, row.call_sid, kind, **told)
    tx.ticket_log.note(
        TicketEvent(
            protocol=row.protocol, at=now, kind=kind, actor=f"agent:{row.agent}", data=dict(told)
        )
    )


def _wait_again(tx: Transaction, row: OutsideRow, now: datetime) -> None:
    before, talk = tx.queues.entry(row.call_sid), tx.desk.engagement(row.offer)
    if (before is not None and before.left_at is None) or talk is None:
        return
    enter_queue(
        tx,
        QueueRow(
            call_sid=row.call_sid,
            queue=talk.queue,
            entered_at=now,
            ranked_at=None if before else talk.started_at,
            priority=before.priority if before else 0,
            priority_kind=before.priority_kind if before else "",
            kind="transfer",
            in_room=True,
        ),
        now=now,
    )


def _close(row: OutsideRow) -> Job:
    return Job(
        key=f"desk.close_room:{row.id}",
        kind="desk.close_room",
        call_sid=row.call_sid,
        payload={"call_sid": row.call_sid, "offer": ""},
    )


def _job(kind: str, row: OutsideRow) -> Job:
    return Job(
        key=f"{kind}:{row.id}", kind=kind, call_sid=row.call_sid, payload={"outside": row.id}
    )
