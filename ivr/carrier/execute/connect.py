"""<Connect>: the verb lasts as long as its media stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack

from ivr.carrier.audio import silence
from ivr.carrier.call import Goto, Interrupted
from ivr.carrier.clock import wall_clock
from ivr.carrier.events import (
    MarkReached,
    PlayFinished,
    PlayStarted,
    StreamEnded,
    StreamStarted,
)
from ivr.carrier.execute.session import Next, Session
from ivr.carrier.media.caller_voice import CallerVoice
from ivr.carrier.media.messages import Writer
from ivr.carrier.media.playback import Playback, Run
from ivr.carrier.media.stream import FRAME_SECONDS, MediaStream, NotConnected, media_socket
from ivr.carrier.problem import Problem
from ivr.carrier.twiml.connect import Connect
from ivr.carrier.twiml.document import Document


async def execute_connect(verb: Connect, session: Session, document: Document) -> Next:
    """However the stream ends, the call goes on."""
    call, exchange = session.call, session.exchange
    call.leg.forget(keys=not call.faults.type_ahead)
    if exchange.before_stream is not None:
        await call.until(_done(exchange.before_stream()))
    sid = exchange.sids.make("MZ")
    notices = _Notices(verb, session, sid)
    stack = AsyncExitStack()
    try:
        socket = await call.until(
            stack.enter_async_context(media_socket(verb.stream.url, token=exchange.token))
        )
    except NotConnected as failure:
        notices.failed(failure.problem, reason="refused", seconds=0.0)
        return _after(verb)
    stream = MediaStream(
        socket,
        writer=Writer(stream=sid, account=call.account_sid, call=call.sid),
        sid=sid,
        leg=call.leg,
        voice=CallerVoice(background=_background(session)),
        playback=Playback(known=exchange.known_sounds, began=notices.began, ended=notices.ended),
        complain=notices.complain,
        marked=notices.marked,
    )
    if call.faults.break_stream:
        loop = asyncio.get_running_loop()
        loop.call_later(call.faults.break_stream, socket.transport.abort)
    try:
        notices.started()
        await call.until(stream.start(dict(verb.stream.parameters)))
        problem = await call.until(stream.carry())
    except Interrupted:
        notices.over(reason="stopped", seconds=stream.frames * FRAME_SECONDS)
        call.keep(_leave(stack, stream))
        raise
    except BaseException:
        await stack.aclose()
        raise
    await stack.aclose()
    seconds = stream.frames * FRAME_SECONDS
    if problem is None:
        notices.over(reason="closed", seconds=seconds)
    else:
        notices.failed(problem, reason="lost", seconds=seconds)
    return _after(verb)


async def _done(work: Awaitable[None]) -> None:
    await work


async def _leave(stack: AsyncExitStack, stream: MediaStream) -> None:
    async with stack:
        await stream.stop()


def _after(verb: Connect) -> Next:
    return Goto(url=verb.action, method=verb.method) if verb.action else None


def _background(session: Session) -> bytes:
    try:
        return session.call.handset.background
    except LookupError:
        return silence(0)


class _Notices:
    """What the line, the error log and the status callback are told of one stream."""

    def __init__(self, verb: Connect, session: Session, sid: str) -> None:
        self._verb = verb
        self._session = session
        self._sid = sid

    def started(self) -> None:
        self._session.call.emit(StreamStarted, stream=self._sid, url=self._verb.stream.url)
        self._call_back("stream-started")

    def over(self, *, reason: str, seconds: float) -> None:
        self._session.call.emit(StreamEnded, stream=self._sid, reason=reason, seconds=seconds)
        self._call_back("stream-stopped")

    def failed(self, problem: Problem, *, reason: str, seconds: float) -> None:
        self.complain(problem)
        self._session.call.emit(
            StreamEnded, stream=self._sid, reason=reason, seconds=seconds, code=problem.code
        )
        self._call_back("stream-error", problem)

    def complain(self, problem: Problem) -> None:
        self._session.exchange.wire.log(self._session.call, problem, url=self._verb.stream.url)

    def marked(self, name: str, cleared: bool) -> None:
        self._session.call.emit(MarkReached, stream=self._sid, name=name, cleared=cleared)

    def began(self, run: Run) -> None:
        self._session.call.emit(PlayStarted, kind="stream", url=run.url, seconds=run.seconds)

    def ended(self, run: Run, cut: bool) -> None:
        self._session.call.emit(PlayFinished, kind="stream", url=run.url, stopped=cut)

    def _call_back(self, event: str, problem: Problem | None = None) -> None:
        callback, call = self._verb.stream.callback, self._session.call
        if callback is None or call.faults.lose_callback:
            return
        fields = [
            ("AccountSid", call.account_sid),
            ("CallSid", call.sid),
            ("StreamSid", self._sid),
            ("StreamName", self._verb.stream.name or self._sid),
            ("StreamEvent", event),
            ("Timestamp", wall_clock().isoformat().replace("+00:00", "Z")),
        ]
        if problem is not None:
            fields.append(("StreamError", f"{problem.code}: {problem.text}"))
        for _ in range(call.faults.duplicate_callback):
            call.keep(
                self._session.exchange.wire.callback(
                    call,
                    purpose="status",
                    url=callback.url,
                    method=callback.method,
                    fields=tuple(fields),
                )
            )
