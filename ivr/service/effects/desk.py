"""Effects of the desk at the carrier: ring an agent, bring the two together, close the room.

Each may be done twice, and may die anywhere: it looks first at what is so already. The caller
stays in the carrier's queue, or in the room with music, until the other side is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog

from ivr.ports.desk import LegRow, OfferRow
from ivr.ports.errors import PortError
from ivr.ports.store import Job, Transaction
from ivr.service.desk.address import address_of
from ivr.service.desk.citizen import citizen_leg, citizen_of
from ivr.service.desk.media import ENDED, keep_leg, led_to_room, order_hang_up
from ivr.service.desk.offers import OPEN, caller_left, leg_ended, not_connected
from ivr.service.desk.outside_ends import keeps_room
from ivr.service.desk.talks import tell_talk
from ivr.service.effects.callbacks import call_back
from ivr.service.effects.registry import Later, Settled, effect
from ivr.service.runtime import Runtime
from ivr.service.session import Session

log = structlog.get_logger("ivr.desk")
T = TypeVar("T")

MOST_TRIES = 4
"""Of bringing the two together; then the caller waits for another agent."""
BEFORE_RING = timedelta(seconds=1)
MOST_OTHERS = 10


@effect("desk.ring")
def ring(rt: Runtime, job: Job) -> Settled | Later:
    """Ring the agent's telephone, once. A try whose answer was lost is looked up first."""
    offer = str(job.payload["offer"])
    with rt.store.begin(write=False) as tx:
        row = tx.desk.offer(offer)
        legs = tx.desk.legs_of(offer)
        account = tx.staff.get(row.agent) if row else None
    if row is None or row.state not in OPEN or legs:
        return Settled(outcome={"outcome": "not_needed"})
    if account is None:
        return _unreachable(offer, "no_account")
    to = address_of(account)
    if job.attempts > 1:
        try:
            found = _made_before(rt, row, to)
        except PortError as error:
            return Later(reason=error.reason)
        if found is not None:
            return _rings(row, found)
    try:
        return _rings(row, rt.telephony.ring(to=to, offer=offer, seconds=account.ring_seconds + 5))
    except PortError as error:
        if error.permanent and not error.unknown_outcome:
            return _unreachable(offer, error.reason)
        return Later(reason=error.reason)


def _made_before(rt: Runtime, row: OfferRow, to: str) -> str | None:
    """The leg of a try whose answer was lost; legs of other offers are not taken for it."""
    since = (row.seen_at or row.reserved_at) - BEFORE_RING
    others: list[str] = []
    while len(others) < MOST_OTHERS:
        found = rt.telephony.find_leg(to=to, since=since, known=others)
        if found is None:
            return None
        with rt.store.begin(write=False) as tx:
            leg = tx.desk.leg(found)
        if leg is None or leg.offer == row.id:
            return found
        others.append(found)
    return None


def _rings(row: OfferRow, leg: str) -> Settled:
    def keep(tx: Transaction) -> None:
        tx.desk.lock()
        keep_leg(tx, row, leg)
        now = tx.desk.offer(row.id)
        if now is None or now.state not in (*OPEN, "answered"):
            order_hang_up(tx, row)

    return Settled(outcome={"outcome": "rings", "leg": leg}, also=(keep,))


def _unreachable(offer: str, reason: str) -> Settled:
    return Settled(
        outcome={"outcome": "unreachable", "reason": reason},
        also=(lambda tx: leg_ended(tx, offer, "failed"),),
    )


@effect("desk.stop_ring")
@effect("desk.hang_up")
def hang_up(rt: Runtime, job: Job) -> Settled | Later:
    """End the legs of an offer that is over for the agent."""
    offer = str(job.payload["offer"])
    with rt.store.begin(write=False) as tx:
        row = tx.desk.offer(offer)
        legs = [leg for leg in tx.desk.legs_of(offer) if leg.ended_at is None]
        talk = tx.desk.engagement(offer)
    talking = talk is not None and talk.ended_at is None
    if row is None or row.state in OPEN or talking:
        return Settled(outcome={"outcome": "not_needed"})
    for leg in legs:
        try:
            _at_once(lambda leg=leg: rt.telephony.end_call(leg.sid))  # type: ignore[misc]
        except PortError as error:
            return Later(reason=error.reason)
    return Settled(outcome={"outcome": "done", "legs": len(legs)})


@effect("desk.connect")
def connect(rt: Runtime, job: Job) -> Settled | Later:
    """The agent has picked up: bring the caller into the room, out of the queue or off hold."""
    offer = str(job.payload["offer"])
    with rt.store.begin(write=False) as tx:
        row = tx.desk.offer(offer)
        talk = tx.desk.engagement(offer)
        entry = tx.queues.entry(row.call_sid) if row else None
        view = tx.calls.view(row.call_sid, 0) if row else None
        led = row is not None and led_to_room(tx, row)
        legs = tx.desk.legs_of(offer)
        citizen = citizen_of(tx, row.call_sid) if row else ""
    if row is None or talk is None or talk.ended_at is not None:
        return Settled(outcome={"outcome": "over"})
    if row.kind == "consult":
        return Settled(outcome={"outcome": "consults"})
    if row.kind == "callback":
        return call_back(rt, job, row)
    if view is None or (view.call.ended_at is not None and citizen == row.call_sid):
        return _caller_gone(row)
    in_room = entry is not None and entry.in_room
    try:
        if in_room:
            if not _joined(rt, row, legs):
                if job.attempts < MOST_TRIES:
                    return Later(reason="agent_on_the_way")
                return _give_back(row)
            there = _at_once(lambda: rt.telephony.hold(row.call_sid, citizen, False))
            if there:
                _keep_room(rt, row, legs)
        else:
            queue = Session.from_dict(view.call.state).queue
            there = led or _at_once(
                lambda: rt.telephony.take_from_queue(
                    queue=queue, call_sid=row.call_sid, turn=view.call.turn
                )
            )
        if there:
            return Settled(outcome={"outcome": "connected"})
        return _not_there(rt, job, row)
    except PortError as error:
        log.warning("cannot connect", offer=offer, why=error.reason)
        return Later(reason=error.reason) if job.attempts < MOST_TRIES else _give_back(row)


def _joined(rt: Runtime, row: OfferRow, legs: list[LegRow]) -> bool:
    """Whether the agent is in the room: until then the caller's music goes on."""
    here = {each.call_sid for each in rt.telephony.members(row.call_sid)}
    return any(leg.sid in here for leg in legs)


def _keep_room(rt: Runtime, row: OfferRow, legs: list[LegRow]) -> None:
    """From now on the room ends with the agent who took the call over."""
    for leg in legs:
        if leg.ended_at is None and leg.answered_at is not None:
            rt.telephony.ends_room(row.call_sid, leg.sid, True)


def _not_there(rt: Runtime, job: Job, row: OfferRow) -> Settled | Later:
    """The caller is neither in the queue nor where they were thought to be."""
    if any(each.call_sid == row.call_sid for each in rt.telephony.members(row.call_sid)):
        return Settled(outcome={"outcome": "connected"})
    record = rt.telephony.fetch_call(row.call_sid)
    if record is None or record.ended:
        return _caller_gone(row)
    if job.attempts < MOST_TRIES:
        return Later(reason="caller_on_the_way")
    return _give_back(row)


def _caller_gone(row: OfferRow) -> Settled:
    def tell(tx: Transaction) -> None:
        caller_left(tx, row.call_sid)
        order_hang_up(tx, row)

    return Settled(outcome={"outcome": "caller_gone"}, also=(tell,))


def _give_back(row: OfferRow) -> Settled:
    """The caller waits for another agent, at the old rank."""

    def tell(tx: Transaction) -> None:
        if not_connected(tx, row.id):
            order_hang_up(tx, row)

    return Settled(outcome={"outcome": "not_connected"}, also=(tell,))


@effect("desk.close_room")
def close_room(rt: Runtime, job: Job) -> Settled | Later:
    """The talk is over: whoever is in the room goes on with what follows it."""
    call_sid, offer = str(job.payload["call_sid"]), str(job.payload.get("offer", ""))
    with rt.store.begin(write=False) as tx:
        talks = tx.desk.talks_of(call_sid)
        entry = tx.queues.entry(call_sid)
        legs = [leg for leg in tx.desk.legs_of(offer) if leg.ended_at is None] if offer else []
        rings = citizen_leg(tx, call_sid)
        outside = keeps_room(tx, call_sid)
    waits = entry is not None and entry.left_at is None and entry.in_room
    if talks or waits or outside:
        return Settled(outcome={"outcome": "not_needed"})
    try:
        ended = _at_once(lambda: rt.telephony.end_room(call_sid))
        for leg in legs:
            rt.telephony.end_call(leg.sid)
        if rings is not None and rings.answered_at is None:
            rt.telephony.end_call(rings.sid)
    except PortError as error:
        return Later(reason=error.reason)
    return Settled(outcome={"outcome": "closed" if ended else "no_room"})


@effect("desk.to_queue")
def to_queue(rt: Runtime, job: Job) -> Settled | Later:
    """Nobody took over a caller held in the room: they go on waiting in the carrier's queue."""
    call_sid = str(job.payload["call_sid"])
    with rt.store.begin(write=False) as tx:
        entry = tx.queues.entry(call_sid)
        offered = tx.desk.open_offer_of(call_sid)
        talks = tx.desk.talks_of(call_sid)
    if entry is None or entry.left_at is not None or not entry.in_room or offered or talks:
        return Settled(outcome={"outcome": "not_needed"})
    try:
        ended = _at_once(lambda: rt.telephony.end_room(call_sid))
    except PortError as error:
        return Later(reason=error.reason)
    return Settled(outcome={"outcome": "moved" if ended else "no_room"})


@effect("desk.record")
def record(rt: Runtime, job: Job) -> Settled | Later:
    """Record the talk on two channels, the agent's voice and what the agent hears."""
    offer = str(job.payload["offer"])
    with rt.store.begin(write=False) as tx:
        talk = tx.desk.engagement(offer)
        legs = [
            leg for leg in tx.desk.legs_of(offer) if leg.status not in ENDED and leg.answered_at
        ]
    if talk is None or talk.ended_at is not None or not legs or talk.recording != "off":
        return Settled(outcome={"outcome": "not_needed"})
    leg = legs[-1].sid
    try:
        sid = rt.telephony.start_recording(leg)
    except PortError as error:
        return Later(reason=error.reason)

    def keep(tx: Transaction) -> None:
        tx.desk.lock()
        now = tx.desk.engagement(offer)
        if now is None or now.ended_at is not None or now.recording_sid == sid:
            return
        kept = replace(now, recording="on", recording_sid=sid)
        if tx.desk.change_engagement(kept, was=now.version):
            tell_talk(tx, replace(kept, version=now.version + 1))

    return Settled(outcome={"outcome": "records", "leg": leg}, also=(keep,))


def _at_once(deed: Callable[[], T]) -> T:
    """Once more straight away: a caller waits, and all that is done here may be repeated."""
    try:
        return deed()
    except PortError as error:
        if error.permanent:
            raise
        return deed()
