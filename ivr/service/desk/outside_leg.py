"""The leg to a number outside, from dialling to its end. Every function may be called twice, late
or out of order: what is over changes nothing."""

from __future__ import annotations

from dataclasses import replace

from ivr.ports.outside import OutsideRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.media import ENDED
from ivr.service.desk.outside_ends import caller_there, end_outside, save, tell_of
from ivr.service.runtime import Runtime

_UNANSWERED = {"busy": "ocupado", "no-answer": "nao_atendeu", "canceled": "nao_atendeu"}


def answers(rt: Runtime, *, outside: str, leg: str) -> str | None:
    """They have picked up: the call whose room they join. None when nobody waits for them."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.outside.get(outside)
        if row is None or row.ended_at is not None or row.leg not in ("", leg):
            return None
        if not caller_there(tx, row.call_sid):
            end_outside(tx, row, why="quem_ligou_desligou", now=tx.now())
            return None
        if row.answered_at is None:
            row = save(tx, row, replace(row, leg=leg, answered_at=tx.now()))
            tell_of(tx, row, "outside.answered")
        return row.call_sid


def told(rt: Runtime, *, outside: str, leg: str, status: str) -> None:
    """A status callback of the leg."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.outside.get(outside)
        if row is None or row.ended_at is not None or row.leg not in ("", leg):
            return
        if status not in ENDED:
            keep_leg(tx, row, leg)
        elif row.answered_at is not None:
            end_outside(tx, row, why="desligou", now=tx.now())
        else:
            end_outside(tx, row, why=_UNANSWERED.get(status, "falhou"), now=tx.now())


def came(tx: Transaction, row: OutsideRow) -> None:
    """They are in the room. A caller who was handed over at once is led to them."""
    if row.ended_at is None and row.state == "dialling":
        row = save(tx, row, replace(row, state="talking"))
    if row.ended_at is None and row.alone and not row.joined:
        tx.outbox.add(
            Job(
                key=f"desk.outside_join:{row.id}",
                kind="desk.outside_join",
                call_sid=row.call_sid,
                payload={"outside": row.id},
            )
        )


def not_dialled(tx: Transaction, outside: str) -> None:
    """The carrier took no call to that number."""
    tx.desk.lock()
    row = tx.outside.get(outside)
    if row is not None:
        end_outside(tx, row, why="falhou", now=tx.now())


def keep_leg(tx: Transaction, row: OutsideRow, leg: str) -> OutsideRow:
    """Which call it is, once it is known."""
    return row if row.leg else save(tx, row, replace(row, leg=leg))
