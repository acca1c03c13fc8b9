"""Effects for supervisors at the carrier: ring, agree on who is heard, hang up. Each may be done
twice, and may die anywhere."""

from __future__ import annotations

from datetime import timedelta

from ivr.ports.errors import PortError
from ivr.ports.store import Job, Transaction
from ivr.ports.supervision import SupervisionRow
from ivr.service.desk.address import address_of
from ivr.service.desk.supervision import agent_leg, coach
from ivr.service.desk.supervision_leg import keep_leg, not_dialled, supervision_key
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.runtime import Runtime

BEFORE = timedelta(seconds=1)
MOST_ROUNDS = 5
"""Of making the carrier agree while the row goes on changing."""


@effect("desk.supervise")
def ring_supervisor(rt: Runtime, job: Job) -> Settled | Later:
    """Ring the supervisor's telephone, once. A try whose answer was lost is looked up first."""
    row, legs = _read(rt, job)
    if row is None or row.ended_at is not None or legs:
        return Settled(outcome={"outcome": "not_needed"})
    with rt.store.begin(write=False) as tx:
        account = tx.staff.get(row.supervisor)
    if account is None:
        return _unreachable(row, "no_account")
    to, seconds = address_of(account), account.ring_seconds + 5
    try:
        if job.attempts > 1:
            found = rt.telephony.find_leg(to=to, since=row.asked_at - BEFORE, known=())
            if found is not None and not _known(rt, found):
                return _rings(row, found)
        leg = rt.telephony.supervise(to=to, supervision=row.id, seconds=seconds)
        return _rings(row, leg)
    except PortError as error:
        if error.permanent and not error.unknown_outcome:
            return _unreachable(row, error.reason)
        return Later(reason=error.reason)


@effect("desk.supervise_mode")
def agree(rt: Runtime, job: Job) -> Settled | Later:
    """Make the carrier do what the row says, until the row stays as it is."""
    for _ in range(MOST_ROUNDS):
        row, _legs = _read(rt, job)
        if row is None or row.ended_at is not None or not row.leg:
            return Settled(outcome={"outcome": "over"})
        with rt.store.begin(write=False) as tx:
            shut, agent = tx.supervisions.shut_state(row.offer), agent_leg(tx, row.offer)
        if not agent:
            return Settled(outcome={"outcome": "over"})
        if shut == "shut":
            rt.telephony.hold(row.call_sid, row.leg, True)
        else:
            coach(rt, row, agent)
        if shut == "opening":
            rt.telephony.hold(row.call_sid, row.leg, False)
        with rt.store.begin() as tx:
            tx.desk.lock()
            now = tx.supervisions.get(row.id)
            if shut == "opening":
                shut = "open" if tx.supervisions.opened(row.offer) else shut
            if now == row and tx.supervisions.shut_state(row.offer) == shut:
                return Settled(outcome={"outcome": "shut" if shut == "shut" else row.mode})
    return Later(reason="changes")


@effect("desk.supervise_end")
def hang_up_supervisor(rt: Runtime, job: Job) -> Settled | Later:
    """End the legs of a supervision that is over."""
    row, legs = _read(rt, job)
    if row is None or row.ended_at is None:
        return Settled(outcome={"outcome": "not_needed"})
    ended = 0
    for leg in legs:
        with rt.store.begin(write=False) as tx:
            known = tx.desk.leg(leg)
        if known is not None and known.ended_at is None:
            ended += rt.telephony.end_call(leg)
    return Settled(outcome={"outcome": "done", "legs": ended})


def _read(rt: Runtime, job: Job) -> tuple[SupervisionRow | None, list[str]]:
    supervision = str(job.payload["supervision"])
    with rt.store.begin(write=False) as tx:
        row = tx.supervisions.get(supervision)
        return row, [leg.sid for leg in tx.desk.legs_of(supervision_key(supervision))]


def _known(rt: Runtime, leg: str) -> bool:
    with rt.store.begin(write=False) as tx:
        return tx.desk.leg(leg) is not None


def _rings(row: SupervisionRow, leg: str) -> Settled:
    def keep(tx: Transaction) -> None:
        tx.desk.lock()
        now = tx.supervisions.get(row.id)
        if now is None:
            return
        keep_leg(tx, now, leg)
        if now.ended_at is not None:
            tx.outbox.add(
                Job(
                    key=f"desk.supervise_end:{row.id}:{leg}",
                    kind="desk.supervise_end",
                    call_sid=row.call_sid,
                    payload={"supervision": row.id},
                )
            )

    return Settled(outcome={"outcome": "rings", "leg": leg}, also=(keep,))


def _unreachable(row: SupervisionRow, reason: str) -> Settled:
    return Settled(
        outcome={"outcome": "unreachable", "reason": reason},
        also=(lambda tx: not_dialled(tx, row.id),),
    )
