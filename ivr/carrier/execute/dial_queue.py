"""<Dial><Queue>: the side that takes the next waiting caller out of a queue."""

from __future__ import annotations

from ivr.carrier.clock import wall_clock
from ivr.carrier.events import Bridged, Unbridged
from ivr.carrier.events import Dialled as DialStarted
from ivr.carrier.execute.dial_result import Dialled, talk
from ivr.carrier.execute.session import Session
from ivr.carrier.problem import error
from ivr.carrier.queue import Bridge, Connected, Member, Queue
from ivr.carrier.twiml.dial import Dial, QueueNoun
from ivr.carrier.twiml.document import Document


async def dial_queue(verb: Dial, noun: QueueNoun, session: Session, document: Document) -> Dialled:
    queue = session.exchange.queue_named(noun.name)
    session.call.emit(DialStarted, to=f"queue:{noun.name}")
    if queue is None:
        session.exchange.wire.log(
            session.call, error(14211, f"there is no queue {noun.name}"), url=document.url
        )
        return Dialled(status="failed")
    member = await _next_member(verb, session, queue)
    if member is None:
        return Dialled(status=session.call.faults.empty_queue_status)
    return await _talk_to(member, verb, noun, session, queue)


async def _next_member(verb: Dial, session: Session, queue: Queue) -> Member | None:
    call = session.call
    ticket = queue.hunt()
    try:
        await call.until(
            queue.somebody_for(ticket), timeout=verb.timeout + call.faults.dial_timeout_buffer
        )
        member = queue.members[0]
        queue.leave(member)
        return member
    except TimeoutError:
        return None
    finally:
        queue.stop_hunting(ticket)


async def _talk_to(
    member: Member, verb: Dial, noun: QueueNoun, session: Session, queue: Queue
) -> Dialled:
    call, bridge = session.call, Bridge()
    queue.claim(member, Connected(dialer=call, noun=noun, bridge=bridge))
    began, bridged = wall_clock(), False
    try:
        await call.until(_ready(bridge))
        if not bridge.over.is_set():
            await session.exchange.answer(call)
            bridged, began = True, wall_clock()
            call.emit(Bridged, other=member.call.sid)
            await talk(verb, call, member.call, bridge)
    finally:
        bridge.end("dialer")
        if bridged:
            call.emit(Unbridged, other=member.call.sid)
    return Dialled(
        status="completed",
        sid=member.call.sid,
        seconds=round((wall_clock() - began).total_seconds()) if bridged else 0,
        answered=True,
        bridged=bridged,
        fields=(("QueueSid", queue.sid), ("QueueTime", str(member.waited))),
    )


async def _ready(bridge: Bridge) -> None:
    await bridge.ready.wait()
