"""<Enqueue>: the caller's side of a queue (twilio.com/docs/voice/twiml/enqueue)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from ivr.carrier.call import CallOver, Goto, Interrupted, Replaced
from ivr.carrier.events import Bridged, Enqueued, LeftQueue, Unbridged
from ivr.carrier.execute.session import DocumentFailed, Ending, Next, Scene, Session, not_here
from ivr.carrier.fields import Fields
from ivr.carrier.problem import Problem, warning
from ivr.carrier.queue import Claim, Connected, Queue
from ivr.carrier.twiml.document import Document, Verb
from ivr.carrier.twiml.ending import Hangup, Leave, Redirect
from ivr.carrier.twiml.enqueue import DEFAULT_SIZE, Enqueue
from ivr.carrier.twiml.gather import Gather
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.twiml.play import Play
from ivr.carrier.twiml.say import Say

WHILE_WAITING = (Say, Play, Pause, Hangup, Redirect, Leave, Gather)
MUSIC_SECONDS = 60.0
SHORTEST_WAIT = 1.0
"""Seconds before a waiting document that played nothing is requested again."""


async def execute_enqueue(verb: Enqueue, session: Session, document: Document) -> Next:
    call, exchange = session.call, session.exchange
    queue = exchange.queue_named(verb.queue) or exchange.new_queue(
        verb.queue, verb.max_size or DEFAULT_SIZE
    )
    if call.faults.queue_system_error:
        return _action(verb, "system-error")
    if queue.full:
        exchange.wire.log(call, warning(14207, "the queue is full"), url=document.url)
        return _action(verb, "queue-full")
    return await _Stay(verb, session, queue).run()


def _action(verb: Enqueue, result: str, *fields: tuple[str, str]) -> Goto | None:
    if verb.action is None:
        return None
    return Goto(url=verb.action, method=verb.method, fields=(("QueueResult", result), *fields))


def _refused(verb: Verb) -> Problem | None:
    return None if isinstance(verb, WHILE_WAITING) else not_here(verb, where="waitUrl")


def _whispered(verb: Verb) -> Problem | None:
    allowed = isinstance(verb, Say | Play | Pause | Gather | Redirect | Hangup)
    return None if allowed else not_here(verb, where="a whisper")


class _Stay:
    """One caller's time in one queue."""

    def __init__(self, verb: Enqueue, session: Session, queue: Queue) -> None:
        self.verb = verb
        self.session = session
        self.call = session.call
        self.exchange = session.exchange
        self.queue = queue
        self.member = queue.join(session.call)
        self.call.emit(
            Enqueued,
            queue=queue.name,
            queue_sid=queue.sid,
            position=queue.position(self.member),
        )

    async def run(self) -> Next:
        try:
            outcome = await self._wait()
        except CallOver:
            await self._gone("hangup")
            raise
        except Replaced:
            await self._gone("redirected")
            raise
        except DocumentFailed:
            return self._left("error")
        except BaseException:
            self.queue.leave(self.member)
            raise
        if isinstance(outcome, Ending):
            if outcome.how == "leave":
                return self._left("leave")
            self.call.end("completed", by="application")
            await self._gone("hangup")
            return Ending(how="hangup")
        if isinstance(outcome, Connected):
            return await self._joined(outcome)
        return await self._taken_out(outcome)

    async def _wait(self) -> Claim | Ending:
        """Until somebody claims the caller, or the waiting document ends the stay."""
        waiting = asyncio.get_running_loop().create_task(self._entertain())
        try:
            await self.call.until(self._claimed_or(waiting))
            if self.member.claimed.done():
                return self.member.claimed.result()
            return waiting.result()
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    async def _claimed_or(self, waiting: asyncio.Task[Ending]) -> None:
        either: set[asyncio.Future[Any]] = {waiting, self.member.claimed}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)

    async def _entertain(self) -> Ending:
        """Request the waiting document again and again."""
        if not self.verb.wait_url:
            while True:
                await self.call.until(asyncio.sleep(MUSIC_SECONDS))
        scene = Scene(name="wait", refused=_refused, fields=self._queue_fields)
        session = Session(self.exchange, self.call, scene)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            ending = await session.run(Goto(url=self.verb.wait_url, method=self.verb.wait_method))
            if ending.how != "end":
                return ending
            if loop.time() - began < SHORTEST_WAIT:
                await self.call.until(asyncio.sleep(SHORTEST_WAIT))

    def _queue_fields(self) -> Fields:
        return (
            ("QueuePosition", str(self.queue.position(self.member))),
            ("QueueSid", self.queue.sid),
            ("QueueTime", str(self.member.waited)),
            ("AvgQueueTime", str(self.queue.average_wait)),
            ("CurrentQueueSize", str(len(self.queue.members))),
            ("MaxQueueSize", str(self.queue.max_size)),
        )

    def _left(self, result: str) -> Goto | None:
        """Out of the queue; the action, if there is one."""
        waited = self.member.waited
        self.queue.leave(self.member)
        self.call.emit(LeftQueue, queue=self.queue.name, result=result, seconds=waited)
        return _action(self.verb, result, ("QueueSid", self.queue.sid), ("QueueTime", str(waited)))

    async def _gone(self, result: str) -> None:
        """Out of the queue; the action's answer is ignored."""
        await self.session.say_goodbye(self._left(result))

    async def _taken_out(self, goto: Goto) -> Next:
        """By REST: to another document."""
        action = self._left("redirected")
        if action is None:
            return goto
        if self.call.faults.dequeue_action_executes:
            ending = await self.session.run(goto)
            return action if ending.how == "end" else ending
        self.call.keep(self.session.say_goodbye(action))
        return goto

    async def _joined(self, claim: Connected) -> Next:
        """By <Dial><Queue>: whisper, then talk."""
        bridge, other = claim.bridge, claim.dialer
        result = "bridging-in-process"
        try:
            if claim.noun.url:
                await self._whisper(claim, Goto(url=claim.noun.url, method=claim.noun.method))
            if not bridge.over.is_set():
                result = "bridged"
                bridge.ready.set()
                self.call.emit(Bridged, other=other.sid)
                await self.call.until(_until_over(claim))
        except Interrupted as why:
            bridge.end("member")
            if isinstance(why, Replaced):
                result = "redirected-from-bridged" if result == "bridged" else "redirected"
            self._parted(result, other.sid)
            await self._gone(result)
            raise
        self._parted(result, other.sid)
        self.call.leg.forget(keys=True)
        return self._left(result)

    def _parted(self, result: str, other: str) -> None:
        if "bridged" in result:
            self.call.emit(Unbridged, other=other)

    async def _whisper(self, claim: Connected, goto: Goto) -> None:
        """To the queued caller; the agent hanging up cuts it short."""
        fields = (
            ("QueueSid", self.queue.sid),
            ("QueueTime", str(self.member.waited)),
            ("DequeingCallSid", claim.dialer.sid),
        )
        scene = Scene(name="whisper", refused=_whispered, fields=lambda: fields)
        session = Session(self.exchange, self.call, scene)
        whispering = asyncio.get_running_loop().create_task(session.run(goto))
        ended = asyncio.get_running_loop().create_task(claim.bridge.over.wait())
        try:
            await asyncio.wait({whispering, ended}, return_when=asyncio.FIRST_COMPLETED)
            if whispering.done():
                with suppress(DocumentFailed):
                    if whispering.result().how == "hangup":
                        self.call.interrupt(CallOver(by="application"))
                        self.call.check()
        finally:
            whispering.cancel()
            ended.cancel()
            await asyncio.gather(whispering, ended, return_exceptions=True)


async def _until_over(claim: Connected) -> None:
    await claim.bridge.over.wait()
