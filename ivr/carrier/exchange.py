"""The switchboard: starts calls, and keeps what outlives a verb."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ivr.carrier.applications import Application
from ivr.carrier.call import Call, CallOver, Goto, Replaced, Route
from ivr.carrier.dialplan import Behaviour, DialPlan, Numbers, fails
from ivr.carrier.events import LineClosed, LineEvent
from ivr.carrier.execute.registry import EXECUTORS
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.faults import Faults
from ivr.carrier.fields import Fields
from ivr.carrier.handset import Handset, VirtualLeg
from ivr.carrier.leg import Outcome
from ivr.carrier.line import Line
from ivr.carrier.media.known import KnownSounds
from ivr.carrier.messages import Inbox
from ivr.carrier.queue import Queue
from ivr.carrier.recordings import Archive, Recording
from ivr.carrier.rooms import Rooms
from ivr.carrier.sid import Sids
from ivr.carrier.status import StatusNotifier
from ivr.carrier.transport import Transport
from ivr.carrier.twiml.document import Document, Verb
from ivr.carrier.webhook import WebhookClient
from ivr.carrier.wire import LoggedProblem, Wire

LONGEST_CALL = 14_400
"""Seconds (four hours) after which the carrier ends a call."""


class Exchange:
    """Lives in one event loop. ``route`` answers every number that is called.

    ``token`` is the account's primary auth token; ``rest_url`` the address under which the REST
    interface is reached (for RecordingUrl).
    """

    def __init__(
        self,
        *,
        account_sid: str,
        token: str,
        transport: Transport,
        route: Route,
        dial_plan: DialPlan | None = None,
        faults: Faults | None = None,
        sids: Sids | None = None,
        rest_url: str = "https://api.twilio.com",
    ) -> None:
        self.account_sid = account_sid
        self.token = token
        self.transport = transport
        self.route = route
        self.dial_plan: DialPlan = dial_plan if dial_plan is not None else Numbers()
        self.faults = faults or Faults()
        self.sids = sids or Sids()
        self.rest_url = rest_url.rstrip("/")
        self.wire = Wire(WebhookClient(transport=transport, token=token, sids=self.sids))
        self.archive = Archive(self)
        self.rooms = Rooms(self)
        self.known_sounds = KnownSounds()
        self.before_stream: Callable[[], Awaitable[None]] | None = None
        """What is waited for before a media stream opens."""
        self.calls: dict[str, Call] = {}
        self.queues: dict[str, Queue] = {}
        self.applications: dict[str, Application] = {}
        self.inbox = Inbox(self)
        self._status = StatusNotifier(self)
        self._callbacks: list[Callable[[LineEvent], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def errors(self) -> list[LoggedProblem]:
        """The error log, oldest first."""
        return self.wire.errors

    @property
    def recordings(self) -> dict[str, Recording]:
        return self.archive.recordings

    # Calls.

    def call(
        self,
        *,
        from_: str,
        to: str,
        route: Route | None = None,
        faults: Faults | None = None,
        extra: Fields = (),
    ) -> Call:
        """Somebody dials in; the call runs by itself. ``extra`` fields go with every webhook
        (ForwardedFrom, ApplicationSid, a browser phone's parameters)."""
        call = self._new_call(
            from_=from_,
            to=to,
            direction="inbound",
            status="ringing",
            route=route or self.route,
            faults=faults or self.faults,
            extra=(("CallToken", self.sids.make("CT")), *extra),
        )
        self.carry_on(call, call.route.voice)
        return call

    def dial_out(
        self, *, from_: str, to: str, route: Route, timeout: float = 60.0, time_limit: int = 0
    ) -> Call:
        """A call made by REST; it fails where the dial plan reaches nobody."""
        call = self._place(
            self.dial_plan.behaviour(to) or fails(after=0),
            to=to,
            from_=from_,
            direction="outbound-api",
            route=route,
            status="queued",
        )
        self._spawn(self._ring_and_run(call, timeout=timeout, time_limit=time_limit))
        return call

    def place(
        self,
        *,
        to: str,
        from_: str,
        direction: str,
        route: Route,
        parent: Call,
    ) -> Call | None:
        """A leg of <Dial> that does not ring yet; None when nobody is reached there."""
        behaviour = self.dial_plan.behaviour(to)
        if behaviour is None:
            return None
        return self._place(
            behaviour, to=to, from_=from_, direction=direction, route=route, parent=parent
        )

    def _place(
        self,
        behaviour: Behaviour,
        *,
        to: str,
        from_: str,
        direction: str,
        route: Route,
        parent: Call | None = None,
        status: str = "initiated",
    ) -> Call:
        call = self._new_call(
            from_=from_,
            to=to,
            direction=direction,
            status=status,
            route=route,
            faults=parent.faults if parent is not None else self.faults,
            parent_sid=parent.sid if parent is not None else "",
        )
        behaving = asyncio.ensure_future(behaviour(call.handset))
        self._tasks.add(behaving)
        behaving.add_done_callback(self._tasks.discard)
        _cancel_at_the_end(call, behaving)
        return call

    def _new_call(
        self,
        *,
        from_: str,
        to: str,
        direction: str,
        status: str,
        route: Route,
        faults: Faults,
        parent_sid: str = "",
        extra: Fields = (),
    ) -> Call:
        line = Line()
        handset = Handset(line)
        call = Call(
            sid=self.sids.make("CA"),
            account_sid=self.account_sid,
            from_=from_,
            to=to,
            direction=direction,
            status=status,
            route=route,
            leg=VirtualLeg(handset),
            handset=handset,
            line=line,
            faults=faults,
            parent_sid=parent_sid,
            extra=extra,
        )
        self.calls[call.sid] = call
        line.subscribe(self._tell)
        watch = asyncio.ensure_future(self._watch(call))
        _cancel_at_the_end(call, watch)
        return call

    async def _watch(self, call: Call) -> None:
        """Tell the call when its far end leaves, or when it has lasted too long."""
        try:
            async with asyncio.timeout(LONGEST_CALL):
                await call.leg.left()
            call.interrupt(CallOver(by="caller" if call.direction == "inbound" else "called"))
        except TimeoutError:
            call.interrupt(CallOver(by="carrier"))

    async def ring(self, call: Call) -> Outcome:
        """Let an outgoing leg ring until it has decided; cancelling gives up."""
        call.set_status("initiated")
        self._status.notify(call, "initiated")
        call.set_status("ringing")
        self._status.notify(call, "ringing")
        return await call.until(call.leg.ring())

    def picked_up(self, call: Call) -> None:
        call.mark_answered()
        self._status.notify(call, "answered")

    async def answer(self, call: Call) -> None:
        """Pick up an incoming call, if it still rings."""
        if await call.answer():
            self._status.notify(call, "answered")

    def carry_on(self, call: Call, goto: Goto) -> None:
        """Run documents on ``call`` until it ends."""
        self._spawn(self._run(call, goto))

    async def _ring_and_run(self, call: Call, *, timeout: float, time_limit: int) -> None:
        try:
            async with asyncio.timeout(timeout):
                outcome = await self.ring(call)
        except TimeoutError:
            self.close(call, status="no-answer", by="carrier")
            return
        except (CallOver, Replaced):
            self.close(call, status="canceled", by="api")
            return
        if outcome != "answered":
            status = {"busy": "busy", "rejected": "no-answer"}.get(outcome, "failed")
            self.close(call, status=status, by="called")
            return
        self.picked_up(call)
        if time_limit:
            self.limit(call, time_limit)
        await self._run(call, call.route.voice)

    async def _run(self, call: Call, goto: Goto) -> None:
        session = Session(self, call)
        status, by = "completed", "application"
        while True:
            try:
                ending = await session.run(goto)
            except Replaced as why:
                call.resume()
                goto = why.goto
                continue
            except CallOver as why:
                by = why.by
            else:
                status = {"rejected": "no-answer", "busy": "busy"}.get(ending.how, "completed")
            break
        self.close(call, status=status, by=by)

    def limit(self, call: Call, seconds: float) -> None:
        """End ``call`` in so many seconds."""
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, call.interrupt, CallOver(by="carrier"))

    def close(self, call: Call, *, status: str, by: str) -> None:
        """End a leg from our side; its callbacks and the end of its line follow."""
        if call.closing:
            return
        call.closing = True
        call.end(status, by=by)
        call.interrupt(CallOver(by=by))
        self._spawn(self._closed(call))

    async def _closed(self, call: Call) -> None:
        await call.leg.hang_up()
        self.archive.stop(call)
        self._status.notify(call, "completed")
        while call.pending:
            await asyncio.gather(*call.pending, return_exceptions=True)
        call.emit(LineClosed)
        call.over.set()

    async def execute(self, verb: Verb, session: Session, document: Document) -> Next:
        return await EXECUTORS[type(verb)](verb, session, document)

    # Queues.

    def queue_named(self, name: str) -> Queue | None:
        return next((queue for queue in self.queues.values() if queue.name == name), None)

    def new_queue(self, name: str, max_size: int) -> Queue:
        queue = Queue(sid=self.sids.make("QU"), name=name, max_size=max_size)
        self.queues[queue.sid] = queue
        return queue

    # Watching, and the end.

    def subscribe(self, callback: Callable[[LineEvent], None]) -> Callable[[], None]:
        """Call ``callback`` with every event of every line; the answer ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def _tell(self, event: LineEvent) -> None:
        for callback in tuple(self._callbacks):
            callback(event)

    def set_faults(self, **switches: Any) -> None:
        """Change fault switches for calls that begin from now on."""
        self.faults = replace(self.faults, **switches)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            task.get_loop().call_exception_handler(
                {"message": "a call broke", "exception": task.exception(), "task": task}
            )

    async def drain(self) -> None:
        """Wait until every call is over and every message has its last status."""
        for call in tuple(self.calls.values()):
            await call.finished()
        await self.inbox.drain()

    async def stop(self) -> None:
        """Cut all calls, wait for their last webhooks, and close the transport."""
        for call in tuple(self.calls.values()):
            call.interrupt(CallOver(by="carrier"))
        await self.drain()
        await self.transport.close()


def _cancel_at_the_end(call: Call, task: asyncio.Future[Any]) -> None:
    def told(event: LineEvent) -> None:
        if isinstance(event, LineClosed):
            task.cancel()

    call.line.subscribe(told)
