"""How a supervisor's part in a talk ends: what is written, and the order to hang up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ivr.ports.staff import AuditLine
from ivr.ports.store import Job, Transaction
from ivr.ports.supervision import SupervisionRow
from ivr.service.desk.not_now import NotNowError
from ivr.service.desk.states import SUPERVISION
from ivr.service.journal import note

TOPIC = "chamada.estado"


def end_supervision(
    tx: Transaction, row: SupervisionRow, *, why: str, now: datetime
) -> SupervisionRow:
    """End it once; the supervisor's telephone is hung up. The talk goes on. The desk's lock is
    held.

    ``why``: ``saiu`` (by the page), ``desligou`` (by the telephone), ``conversa_acabou``,
    ``sem_direito`` (the account was closed or lost the role), or why the telephone did not come:
    ``ocupado``, ``nao_atendeu``, ``falhou``.
    """
    if row.ended_at is not None:
        return row
    ended = save(tx, row, replace(row, ended_at=now, end_reason=why))
    audit(tx, ended, "supervision.ended", why=why, joined=row.joined_at is not None)
    note(tx, row.call_sid, "supervision.ended", agent=row.supervisor, why=why)
    tx.outbox.add(
        Job(
            key=f"desk.supervise_end:{row.id}",
            kind="desk.supervise_end",
            call_sid=row.call_sid,
            payload={"supervision": row.id},
        )
    )
    return ended


def end_of_talk(tx: Transaction, offer: str, *, now: datetime) -> None:
    """The agent's talk is over, and with it whoever supervised it and what shut it."""
    tx.supervisions.forget_shut(offer)
    row = tx.supervisions.of_talk(offer)
    if row is not None:
        end_supervision(tx, row, why="conversa_acabou", now=now)


def save(tx: Transaction, before: SupervisionRow, after: SupervisionRow) -> SupervisionRow:
    """Compare and set, and tell it to the agent and to supervisors."""
    if not tx.supervisions.change(after, was=before.version):
        raise NotNowError("mudou")
    kept = replace(after, version=before.version + 1)
    tell(tx, kept)
    return kept


def tell(tx: Transaction, row: SupervisionRow) -> None:
    """The event that the console and the board draw anew by."""
    talk = tx.desk.engagement(row.offer)
    tx.changes.tell(
        TOPIC,
        row.offer,
        version=talk.version if talk else 0,
        audience=[f"agent:{row.agent}", f"agent:{row.supervisor}", SUPERVISION],
    )


def audit(tx: Transaction, row: SupervisionRow, action: str, **data: object) -> None:
    """A line of the audit log, always with the reason that was told."""
    tx.audit.add(
        AuditLine(
            at=tx.now(),
            actor=row.supervisor,
            action=action,
            object=f"call:{row.call_sid}",
            data={
                "supervision": row.id,
                "agent": row.agent,
                "reason": row.reason,
                "mode": row.mode,
                **data,
            },
        )
    )
