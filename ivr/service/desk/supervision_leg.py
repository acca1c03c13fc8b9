"""The leg of a supervisor, from ringing to its end. Every function may be called twice, late or
out of order: what is over changes nothing. The talk is never touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ivr.ports.desk import LegRow
from ivr.ports.store import Transaction
from ivr.ports.supervision import SupervisionRow
from ivr.service.desk.media import has_ended
from ivr.service.desk.supervision import order_settle
from ivr.service.desk.supervision_ends import audit, end_supervision, save
from ivr.service.journal import note
from ivr.service.runtime import Runtime

_UNANSWERED = {"busy": "ocupado", "no-answer": "nao_atendeu", "completed": "nao_atendeu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorAnswer:
    """Where a supervisor who has picked up goes: into the room of ``call_sid``, or nowhere while
    the talk is shut."""

    call_sid: str
    shut: bool
    first: bool


def supervision_key(supervision: str) -> str:
    """Where the legs of a supervision stand, apart from the legs of any offer."""
    return f"supervision:{supervision}"


def answers(rt: Runtime, *, supervision: str, leg: str) -> SupervisorAnswer | None:
    """The supervisor has picked up. None when it is over, or another leg of it is up."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.supervisions.get(supervision)
        talk = tx.desk.engagement(row.offer) if row else None
        if row is None or talk is None or row.ended_at is not None or talk.ended_at is not None:
            return None
        known = keep_leg(tx, row, leg)
        now = tx.supervisions.get(supervision)
        if known.ended_at is not None or now is None or now.leg != leg:
            return None
        if known.answered_at is None:
            tx.desk.change_leg(leg, status="in-progress", answered_at=tx.now())
        return SupervisorAnswer(
            call_sid=row.call_sid,
            shut=tx.supervisions.shut_state(row.offer) != "open",
            first=known.answered_at is None,
        )


def told(rt: Runtime, *, supervision: str, leg: str, status: str) -> None:
    """A status callback of the leg."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.supervisions.get(supervision)
        if row is None:
            return
        known = keep_leg(tx, row, leg)
        if not has_ended(tx, known, status):
            return
        now = tx.supervisions.get(supervision)
        if now is not None and now.leg == leg:
            picked_up = known.answered_at is not None
            why = "desligou" if picked_up else _UNANSWERED.get(status, "falhou")
            end_supervision(tx, now, why=why, now=tx.now())


def not_dialled(tx: Transaction, supervision: str) -> None:
    """The carrier took no call to the supervisor's telephone."""
    tx.desk.lock()
    row = tx.supervisions.get(supervision)
    if row is not None:
        end_supervision(tx, row, why="falhou", now=tx.now())


def came(tx: Transaction, leg: LegRow) -> None:
    """The supervisor's telephone is in the room, as a listener: from now on it is heard."""
    supervision = leg.offer.removeprefix(supervision_key(""))
    row = tx.supervisions.get(supervision)
    if row is None or row.ended_at is not None or row.leg != leg.sid:
        return
    if row.joined_at is None:
        row = save(tx, row, replace(row, joined_at=tx.now()))
        audit(tx, row, "supervision.began")
        note(tx, row.call_sid, "supervision.began", agent=row.supervisor)
    if row.mode != "listen" or tx.supervisions.shut_state(row.offer) != "open":
        order_settle(tx, row)


def keep_leg(tx: Transaction, row: SupervisionRow, leg: str) -> LegRow:
    """The row of the leg, made when the carrier tells of it before its making was answered."""
    known = tx.desk.leg(leg)
    if known is not None:
        return known
    role: Literal["supervisor"] = "supervisor"
    made = LegRow(
        sid=leg,
        call_sid=row.call_sid,
        offer=supervision_key(row.id),
        agent=row.supervisor,
        role=role,
        created_at=tx.now(),
    )
    tx.desk.add_leg(made)
    if not row.leg:
        save(tx, row, replace(row, leg=leg))
    return made
