"""What the carrier tells of the agents' legs and of the rooms, and what each leg hears next.

Every function may be called twice, late, or out of order: what is over changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ivr.flow.verbs import Utterance
from ivr.ports.desk import EngagementRow, LegRole, LegRow, OfferRow
from ivr.ports.store import Job, RecordingRow, Transaction
from ivr.service.desk.offers import leg_answered, leg_ended, leg_rings, not_connected
from ivr.service.desk.talks import tell_talk
from ivr.service.desk.three import leave_together
from ivr.service.desk.transfers import withdraw_transfer
from ivr.service.fetching import order_fetch
from ivr.service.journal import note
from ivr.service.runtime import Runtime

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_RANK = {"queued": 0, "initiated": 1, "ringing": 2, "in-progress": 3}
LONGEST_HOLD = timedelta(seconds=60)
MET = "desk.met"
"""Journal line: the caller and the agent of ``offer`` are in the room together."""
BRIDGED = "desk.bridged"
"""Journal line: the caller was led to the room, where ``offer`` waits."""
SURELY_MET = timedelta(seconds=10)
"""So long after the caller was led to the room, they have met, whether or not that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswer:
    """What an agent who has picked up hears before the room of ``call_sid``. ``ends_room``: the
    room ends when the agent leaves it."""

    call_sid: str
    speech: tuple[Utterance, ...]
    ends_room: bool


def agent_answers(rt: Runtime, *, offer: str, leg: str) -> AgentAnswer | None:
    """The agent's leg has been picked up. None when the offer is over, or another leg of the
    same offer was picked up before: hang this one up."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.desk.offer(offer)
        if row is None:
            return None
        known = keep_leg(tx, row, leg)
        if known.ended_at is not None or _rivals(tx, offer, leg):
            return None
        if not leg_answered(tx, offer):
            return None
        tx.desk.change_leg(leg, status="in-progress", answered_at=known.answered_at or tx.now())
        return AgentAnswer(
            call_sid=row.call_sid,
            speech=_whisper(rt, tx, row),
            ends_room=row.kind not in ("consult", "transfer"),
        )


def leg_told(rt: Runtime, *, offer: str, leg: str, status: str) -> None:
    """A status callback of an agent's leg."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        row = tx.desk.offer(offer)
        if row is None:
            return
        known = keep_leg(tx, row, leg)
        if known.ended_at is not None:
            return
        if status in ENDED:
            tx.desk.change_leg(leg, status=status, ended_at=tx.now())
            if not any(each.ended_at is None for each in tx.desk.legs_of(offer)):
                leg_over(tx, row, status)
        elif _RANK.get(status, 0) > _RANK.get(known.status, 0):
            tx.desk.change_leg(leg, status=status)
            if status == "ringing":
                leg_rings(tx, offer)


def has_ended(tx: Transaction, known: LegRow, status: str) -> bool:
    """Keep what a status callback tells of a leg; whether the leg ended by it. What is late or
    told again changes nothing."""
    if known.ended_at is not None:
        return False
    if status in ENDED:
        tx.desk.change_leg(known.sid, status=status, ended_at=tx.now())
        return True
    if known.answered_at is None:
        tx.desk.change_leg(known.sid, status=status)
    return False


def leg_over(tx: Transaction, row: OfferRow, status: str) -> None:
    """The last leg of an offer is over. An agent who went before the caller came has not talked:
    the caller waits again."""
    talk = tx.desk.engagement(row.id)
    live = talk is not None and talk.ended_at is None
    left = leave_together(tx, talk) if live and talk is not None else None
    if left is not None:
        if left.offer is not None and left.talk is not None:
            meet(tx, left.offer, left.talk)
        return
    if live and row.kind in ("queue", "transfer") and not met(tx, row):
        not_connected(tx, row.id)
    else:
        leg_ended(tx, row.id, status)


def met(tx: Transaction, row: OfferRow) -> bool:
    """Whether the caller and the agent of an offer have been in the room together."""
    for entry in tx.journal.of(row.call_sid):
        if entry.data.get("offer") != row.id:
            continue
        if entry.kind == MET:
            return True
        if entry.kind == BRIDGED and tx.now() - entry.at >= SURELY_MET:
            return True
    return False


def led_to_room(tx: Transaction, row: OfferRow) -> bool:
    """Whether the caller has asked for the document that leads to the room of this offer."""
    return any(
        entry.kind == BRIDGED and entry.data.get("offer") == row.id
        for entry in tx.journal.of(row.call_sid)
    )


def bridge(rt: Runtime, *, call_sid: str) -> bool:
    """The caller was taken out of the queue. False when nobody waits for them in the room: they
    go back to the queue."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        for talk in tx.desk.talks_of(call_sid):
            row = tx.desk.offer(talk.offer)
            if row is not None and row.kind != "consult":
                if not led_to_room(tx, row):
                    note(tx, call_sid, BRIDGED, offer=row.id)
                return True
    return False


def room_told(rt: Runtime, *, call_sid: str, event: str, member: str) -> None:
    """An event of the room of a call. ``member``: the call that it is about, if any."""
    if event not in ("conference-start", "participant-join", "participant-unhold"):
        return
    with rt.store.begin() as tx:
        tx.desk.lock()
        talks = tx.desk.talks_of(call_sid)
        if event == "participant-join":
            if member == call_sid and not talks:
                _nobody_there(tx, call_sid)
            leg = tx.desk.leg(member)
            if leg is not None and leg.role == "citizen":
                _citizen_there(tx, leg)
            elif leg is not None:
                _agent_there(tx, leg)
            return
        for talk in talks:
            row = tx.desk.offer(talk.offer)
            began = "queue" if event == "conference-start" else "transfer"
            if row is not None and row.kind == began:
                meet(tx, row, talk)


def meet(tx: Transaction, row: OfferRow, talk: EngagementRow) -> None:
    """Caller and agent are together: from now on the talk is recorded. Once an offer."""
    if any(e.kind == MET and e.data.get("offer") == row.id for e in tx.journal.of(row.call_sid)):
        return
    note(tx, row.call_sid, MET, offer=row.id)
    tell_talk(tx, talk)
    order_recording(tx, row)


def order_recording(tx: Transaction, row: OfferRow) -> None:
    tx.outbox.add(
        Job(
            key=f"desk.record:{row.id}",
            kind="desk.record",
            call_sid=row.call_sid,
            payload={"offer": row.id},
        )
    )


def still_held(rt: Runtime, *, call_sid: str) -> None:
    """Somebody on hold hears the next round of music. A caller who was handed on and for whom
    nobody came within :data:`LONGEST_HOLD` goes to the carrier's queue, which tells place and
    wait, and offers to call back."""
    with rt.store.begin(write=False) as tx:
        entry = tx.queues.entry(call_sid)
        waits = entry is not None and entry.left_at is None and entry.in_room
        late = entry is not None and tx.now() - entry.entered_at >= LONGEST_HOLD
        busy = tx.desk.open_offer_of(call_sid) is not None or bool(tx.desk.talks_of(call_sid))
    if entry is None or not waits or not late or busy:
        return
    with rt.store.begin() as tx:
        tx.outbox.add(
            Job(
                key=f"desk.to_queue:{call_sid}:{entry.entered_at:%Y%m%d%H%M%S%f}",
                kind="desk.to_queue",
                call_sid=call_sid,
                payload={"call_sid": call_sid},
            )
        )


def settle_room(rt: Runtime, *, call_sid: str) -> None:
    """The caller has left the room. A talk that never came about ends, and the call waits again;
    a colleague who was only being asked is let go."""
    with rt.store.begin() as tx:
        tx.desk.lock()
        for talk in tx.desk.talks_of(call_sid):
            row = tx.desk.offer(talk.offer)
            if row is not None and row.kind in ("queue", "transfer") and not met(tx, row):
                not_connected(tx, row.id)
                order_hang_up(tx, row)
        entry = tx.queues.entry(call_sid)
        if entry is not None and entry.left_at is None and entry.kind == "consult":
            withdraw_transfer(tx, call_sid)


def order_hang_up(tx: Transaction, row: OfferRow) -> None:
    """Let the worker end the legs of an offer."""
    tx.outbox.add(
        Job(
            key=f"desk.hang_up:{row.id}",
            kind="desk.hang_up",
            call_sid=row.call_sid,
            payload={"offer": row.id},
        )
    )


def keep_leg(tx: Transaction, row: OfferRow, leg: str) -> LegRow:
    """The row of an agent's leg, made when the carrier tells of it before its making was
    answered."""
    role: LegRole = "consult" if row.kind == "consult" else "agent"
    known, _ = known_or_made(tx, row, leg, offer=row.id, role=role)
    return known


def known_or_made(
    tx: Transaction, row: OfferRow, leg: str, *, offer: str, role: LegRole
) -> tuple[LegRow, bool]:
    """The row of a leg, and whether it is made only now."""
    known = tx.desk.leg(leg)
    if known is not None:
        return known, False
    made = LegRow(
        sid=leg,
        call_sid=row.call_sid,
        offer=offer,
        agent=row.agent,
        role=role,
        created_at=tx.now(),
    )
    tx.desk.add_leg(made)
    return made, True


def recording_told(
    rt: Runtime, *, leg: str, recording: str, status: str, seconds: int | None
) -> bool:
    """The carrier reports a recording of a leg. False when the call is no leg of ours."""
    with rt.store.begin() as tx:
        found = tx.desk.leg(leg)
        if found is None:
            return False
        talk = tx.desk.engagement(found.offer)
        if talk is None or status != "completed":
            return True
        if all(row.sid != recording for row in tx.tickets.recordings(talk.protocol)):
            tx.tickets.add_recording(
                RecordingRow(
                    sid=recording,
                    protocol=talk.protocol,
                    call_sid=talk.call_sid,
                    purpose="talk",
                    seconds=seconds or 0,
                    at=tx.now(),
                    engagement=talk.offer,
                )
            )
            order_fetch(tx, recording, call_sid=talk.call_sid)
        if talk.recording != "off" and talk.recording_sid == recording:
            tx.desk.change_engagement(replace(talk, recording="off"), was=talk.version)
    return True


def _rivals(tx: Transaction, offer: str, leg: str) -> bool:
    return any(
        each.sid != leg and each.answered_at is not None and each.ended_at is None
        for each in tx.desk.legs_of(offer)
    )


def _agent_there(tx: Transaction, leg: LegRow) -> None:
    """An agent who takes a call over has come: the caller's hold ends now."""
    row, talk = tx.desk.offer(leg.offer), tx.desk.engagement(leg.offer)
    if row is not None and row.kind == "transfer" and talk is not None and talk.ended_at is None:
        tx.outbox.add(
            Job(
                key=f"desk.connect:{row.id}:joined",
                kind="desk.connect",
                call_sid=row.call_sid,
                payload={"offer": row.id},
            )
        )


def _citizen_there(tx: Transaction, leg: LegRow) -> None:
    """A citizen who is called back has come to the agent."""
    for talk in tx.desk.talks_of(leg.call_sid):
        row = tx.desk.offer(talk.offer)
        if row is not None and row.kind == "callback":
            meet(tx, row, talk)


def _nobody_there(tx: Transaction, call_sid: str) -> None:
    """The caller came into an empty room: it closes, and they go on."""
    entry = tx.queues.entry(call_sid)
    if entry is not None and entry.left_at is None and entry.in_room:
        return
    stamp = tx.now().strftime("%Y%m%d%H%M%S%f")
    tx.outbox.add(
        Job(
            key=f"desk.close_room:{call_sid}:{stamp}",
            kind="desk.close_room",
            call_sid=call_sid,
            payload={"call_sid": call_sid, "offer": ""},
        )
    )


STRENGTH = {"verified": "desk.whisper.verified", "identified": "desk.whisper.identified"}


def _whisper(rt: Runtime, tx: Transaction, row: OfferRow) -> tuple[Utterance, ...]:
    """Service and how surely the caller is known, in about two seconds."""
    ticket = tx.tickets.by_protocol(row.protocol)
    key = ticket.service if ticket else ""
    service = next((s for s in rt.catalogue.services if s.key == key), None)
    said = [Utterance(prompt="desk.whisper.callback")] if row.kind == "callback" else []
    said += [
        Utterance(prompt="desk.whisper.service", values={"service_name": service.prompt})
        if service is not None
        else Utterance(prompt="desk.whisper.other")
    ]
    identity = ticket.identity if ticket else ""
    said.append(Utterance(prompt=STRENGTH.get(identity, "desk.whisper.unknown")))
    return tuple(said)
