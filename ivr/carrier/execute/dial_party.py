"""<Dial> to numbers and clients: all ring together, the first to pick up has the call."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ivr.carrier.call import Call, CallOver, Goto, Interrupted, Replaced
from ivr.carrier.events import Bridged, Unbridged
from ivr.carrier.events import Dialled as DialStarted
from ivr.carrier.execute.dial_result import Dialled, talk
from ivr.carrier.execute.session import DocumentFailed, Scene, Session, not_here
from ivr.carrier.execute.speaking import TONE
from ivr.carrier.fields import caller_of
from ivr.carrier.leg import Outcome
from ivr.carrier.problem import Problem, error, warning
from ivr.carrier.queue import Bridge
from ivr.carrier.twiml.dial import Dial, Party
from ivr.carrier.twiml.document import Document, Verb
from ivr.carrier.twiml.ending import Hangup, Redirect
from ivr.carrier.twiml.gather import Gather
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

STATUS: dict[Outcome, str] = {"busy": "busy", "rejected": "no-answer", "failed": "failed"}


async def dial_parties(
    verb: Dial, parties: tuple[Party, ...], session: Session, document: Document
) -> Dialled:
    children = _place(verb, parties, session, document)
    if not children:
        return Dialled(status="failed")
    rings = {
        asyncio.get_running_loop().create_task(session.exchange.ring(child)): child
        for child, _ in children
    }
    try:
        winner, status = await _first_answer(verb, session, rings)
    except Interrupted:
        _give_up(session, children, by="caller")
        raise
    finally:
        for ring in rings:
            ring.cancel()
        await asyncio.gather(*rings, return_exceptions=True)
    _give_up(session, [pair for pair in children if pair[0] is not winner], by="carrier")
    if winner is None:
        return Dialled(status=status, sid=children[0][0].sid)
    party = next(party for child, party in children if child is winner)
    return await _answered(verb, party, winner, session)


def _place(
    verb: Dial, parties: tuple[Party, ...], session: Session, document: Document
) -> list[tuple[Call, Party]]:
    exchange, call = session.exchange, session.call
    children = []
    for party in parties:
        if party.kind in ("Number", "Client", "Sip"):
            child = exchange.place(
                to=party.to,
                from_=verb.caller_id or caller_of(call),
                direction="outbound-dial",
                parent=call,
                route=replace(
                    call.route,
                    voice=Goto(url=party.url or "", method=party.method),
                    status=party.callback,
                ),
            )
        else:
            child = None
        if child is None:
            problem = (
                error(13224, f"Dial: {party.to} cannot be reached")
                if party.kind == "Number"
                else warning(12200, f"Dial {party.kind} {party.to} is not supported here")
            )
            exchange.wire.log(call, problem, url=document.url)
            continue
        call.emit(DialStarted, to=party.to, child=child.sid)
        children.append((child, party))
    return children


async def _first_answer(
    verb: Dial, session: Session, rings: dict[asyncio.Task[Outcome], Call]
) -> tuple[Call | None, str]:
    """Who picked up first; without one, the status of the last who refused."""
    loop = asyncio.get_running_loop()
    until = loop.time() + verb.timeout + session.call.faults.dial_timeout_buffer
    waiting, status = set(rings), "no-answer"
    while waiting:
        try:
            done = await session.call.until(_some(waiting), timeout=max(until - loop.time(), 0))
        except TimeoutError:
            return None, "no-answer"
        waiting -= done
        for ring in done:
            child, outcome = rings[ring], ring.result()
            if outcome == "answered":
                return child, ""
            status = STATUS[outcome]
            session.exchange.close(child, status=status, by="called")
    return None, status


async def _some(rings: set[asyncio.Task[Outcome]]) -> set[asyncio.Task[Outcome]]:
    done, _ = await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
    return done


def _give_up(session: Session, children: list[tuple[Call, Party]], *, by: str) -> None:
    for child, _ in children:
        session.exchange.close(child, status="canceled" if by == "caller" else "no-answer", by=by)


async def _answered(verb: Dial, party: Party, child: Call, session: Session) -> Dialled:
    call, exchange, bridge = session.call, session.exchange, Bridge()
    exchange.picked_up(child)
    bridged, replaced = False, None
    try:
        if await call.until(_before_the_bridge(party, child, session)):
            await exchange.answer(call)
            bridged = True
            call.emit(Bridged, other=child.sid)
            child.emit(Bridged, other=call.sid)
            watch = asyncio.ensure_future(_until_interrupted(child, bridge))
            try:
                await talk(verb, call, child, bridge)
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
                call.emit(Unbridged, other=child.sid)
                child.emit(Unbridged, other=call.sid)
        try:
            child.check()
        except Replaced as why:
            replaced = why.goto
        except CallOver:
            pass
    finally:
        if replaced is None:
            exchange.close(child, status="completed", by="carrier")
    seconds = child.seconds
    if replaced is not None:
        child.resume()
        exchange.carry_on(child, replaced)
    return Dialled(
        status="completed", sid=child.sid, seconds=seconds, answered=True, bridged=bridged
    )


async def _until_interrupted(child: Call, bridge: Bridge) -> None:
    try:
        await child.until(asyncio.Event().wait())
    except Interrupted:
        bridge.end("called")


async def _before_the_bridge(party: Party, child: Call, session: Session) -> bool:
    """Send the digits and whisper; False when the called side is gone after that."""
    try:
        if party.send_digits:
            await child.until(asyncio.sleep(TONE * len(party.send_digits)))
        if not party.url:
            child.check()
            return True
        whisper = Session(session.exchange, child, Scene(name="whisper", refused=_refused))
        ending = await whisper.run(Goto(url=party.url, method=party.method))
    except (Interrupted, DocumentFailed):
        return False
    return ending.how == "end"


def _refused(verb: Verb) -> Problem | None:
    if isinstance(verb, Dial):
        return error(13201, "Dial is not allowed in a whisper")
    allowed = isinstance(verb, Say | Play | Pause | Gather | Redirect | Hangup)
    return None if allowed else not_here(verb, where="a whisper")
