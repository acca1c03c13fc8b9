"""Effects of calls to numbers outside: dial, lead the caller to them, hang up. Each may be done
twice, and may die anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ivr.ports.errors import PortError
from ivr.ports.outside import OutsideRow
from ivr.ports.store import Job, Transaction
from ivr.service.desk.citizen import citizen_of
from ivr.service.desk.outside_ends import end_outside, save, tell_of
from ivr.service.desk.outside_leg import keep_leg, not_dialled
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.runtime import Runtime

RINGS_S = 30
MOST_TRIES = 4
"""Of asking the carrier; then nobody came."""
BEFORE = timedelta(seconds=1)


@effect("desk.outside")
def dial(rt: Runtime, job: Job) -> Settled | Later:
    """Dial the number, once. A try whose answer was lost is looked up first."""
    row = _row(rt, job)
    if row is None or row.ended_at is not None or row.leg:
        return Settled(outcome={"outcome": "not_needed"})
    try:
        if job.attempts > 1:
            found = rt.telephony.find_leg(to=row.number, since=row.asked_at - BEFORE, known=())
            if found is not None:
                return _dialled(row, found)
        leg = rt.telephony.call_outside(to=row.number, outside=row.id, seconds=RINGS_S)
        return _dialled(row, leg)
    except PortError as error:
        permanent = error.permanent and not error.unknown_outcome
        if not permanent and job.attempts < MOST_TRIES:
            return Later(reason=error.reason)
        return Settled(
            outcome={"outcome": "not_dialled", "reason": error.reason},
            also=(lambda tx: not_dialled(tx, row.id),),
        )


@effect("desk.outside_join")
def lead(rt: Runtime, job: Job) -> Settled | Later:
    """The number is in the room: the caller's hold ends, and from now on the room ends with it."""
    row = _row(rt, job)
    if row is None or row.ended_at is not None:
        return Settled(outcome={"outcome": "over"})
    with rt.store.begin(write=False) as tx:
        citizen = citizen_of(tx, row.call_sid)
    there = rt.telephony.hold(row.call_sid, citizen, False)
    if there:
        rt.telephony.ends_room(row.call_sid, row.leg, True)

    def write(tx: Transaction) -> None:
        tx.desk.lock()
        now = tx.outside.get(row.id)
        if now is None or now.ended_at is not None:
            return
        if there:
            tell_of(tx, save(tx, now, replace(now, joined=True)), "outside.joined")
        else:
            end_outside(tx, now, why="quem_ligou_desligou", now=tx.now())

    return Settled(outcome={"outcome": "joined" if there else "caller_gone"}, also=(write,))


@effect("desk.outside_end")
def hang_up_outside(rt: Runtime, job: Job) -> Settled | Later:
    """Hang up on a number whose part is over, or ring it no more."""
    row = _row(rt, job)
    if row is None or row.ended_at is None or not row.leg:
        return Settled(outcome={"outcome": "not_needed"})
    return Settled(outcome={"outcome": "done", "ended": rt.telephony.end_call(row.leg)})


def _row(rt: Runtime, job: Job) -> OutsideRow | None:
    with rt.store.begin(write=False) as tx:
        return tx.outside.get(str(job.payload["outside"]))


def _dialled(row: OutsideRow, leg: str) -> Settled:
    def keep(tx: Transaction) -> None:
        tx.desk.lock()
        now = tx.outside.get(row.id)
        if now is None:
            return
        keep_leg(tx, now, leg)
        if now.ended_at is not None:
            tx.outbox.add(
                Job(
                    key=f"desk.outside_end:{row.id}:{leg}",
                    kind="desk.outside_end",
                    call_sid=row.call_sid,
                    payload={"outside": row.id},
                )
            )

    return Settled(outcome={"outcome": "dialled", "leg": leg}, also=(keep,))
