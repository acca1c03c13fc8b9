"""One bidirectional media stream: the call's side of its WebSocket.

Source: twilio.com/docs/voice/media-streams. The sound of the line goes out 20 ms at a time by the
running loop's clock, and what comes back is played at the same pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
)

from ivr.carrier.clock import outside, patience
from ivr.carrier.leg import CallLeg, Key, Utterance
from ivr.carrier.media.caller_voice import CallerVoice
from ivr.carrier.media.messages import BadMessage, Clear, Mark, Media, Writer, read
from ivr.carrier.media.mulaw import encoded
from ivr.carrier.media.playback import Playback
from ivr.carrier.media.voice import CannotSpeak, spoken_samples
from ivr.carrier.problem import Problem, error, warning
from ivr.carrier.signature import sign

FRAME_SECONDS = 0.02
CONNECT_SECONDS = 5.0
FAREWELL_SECONDS = 1.0
LARGEST_MESSAGE = 1024 * 1024
USER_AGENT = "Twilio.TmeWs/1.0"
NORMAL = frozenset({1000, 1001, 1005})
"""Codes with which a server ends a stream on purpose."""
_PROTOCOL = frozenset({1002, 1003, 1007, 1009, 1010})


class NotConnected(Exception):
    """``problem`` says why there is no stream."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@asynccontextmanager
async def media_socket(url: str, *, token: str) -> AsyncIterator[ClientConnection]:
    """A signed connection to ``url``, and time that does not jump while it is open.

    Raises NotConnected.
    """
    with ExitStack() as stack:
        stack.enter_context(outside())
        socket = await _connect(url, token=token)
        try:
            yield socket
        finally:
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(patience(FAREWELL_SECONDS)):
                    await socket.close()
            socket.transport.abort()


async def _connect(url: str, *, token: str) -> ClientConnection:
    try:
        return await connect(
            url,
            additional_headers={"x-twilio-signature": sign(url, token=token)},
            user_agent_header=USER_AGENT,
            compression=None,
            proxy=None,
            open_timeout=patience(CONNECT_SECONDS),
            ping_interval=None,
            close_timeout=patience(FAREWELL_SECONDS),
            max_size=LARGEST_MESSAGE,
        )
    except TimeoutError as failure:
        raise NotConnected(error(31901, "Stream: no answer to the handshake")) from failure
    except ssl.SSLError as failure:
        raise NotConnected(error(31910, "Stream: no secure connection")) from failure
    except InvalidStatus as failure:
        text = f"Stream: the handshake was answered {failure.response.status_code}"
        raise NotConnected(error(31920, text)) from failure
    except (InvalidHandshake, InvalidMessage, EOFError) as failure:
        raise NotConnected(error(31920, "Stream: no WebSocket there")) from failure
    except OSError as failure:
        raise NotConnected(error(31902, "Stream: the connection was refused")) from failure


class MediaStream:
    """``complain`` hears what is wrong with what the server sends; ``marked`` each mark that goes
    back, and whether it was cleared."""

    def __init__(
        self,
        socket: ClientConnection,
        *,
        writer: Writer,
        sid: str,
        leg: CallLeg,
        voice: CallerVoice,
        playback: Playback,
        complain: Callable[[Problem], None],
        marked: Callable[[str, bool], None],
    ) -> None:
        self._socket = socket
        self._writer = writer
        self._sid = sid
        self._leg = leg
        self._voice = voice
        self._playback = playback
        self._complain = complain
        self._marked = marked
        self._complained: set[int] = set()
        self._order = asyncio.Lock()
        self.frames = 0
        """Frames of 20 ms that were sent."""

    async def start(self, parameters: dict[str, str]) -> None:
        await self._send(self._writer.connected)
        await self._send(lambda: self._writer.start(parameters))

    async def carry(self) -> Problem | None:
        """Until the server ends it; the problem with how it did. Cancelling stops at once."""
        forget = self._leg.live(self._voice.hear)
        tasks: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(work) for work in (self._receive(), self._pump(), self._hear())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            forget()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            self._playback.clear()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionClosed):
                raise result
        await self._socket.wait_closed()
        return self._how_it_ended()

    async def stop(self) -> None:
        """Tell the server that the call has left the stream."""
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(patience(FAREWELL_SECONDS)):
                await self._send(self._writer.stop)

    def _how_it_ended(self) -> Problem | None:
        code = self._socket.close_code
        if code in NORMAL:
            return None
        if code == 1006 or code is None:
            return error(31903, "Stream: the connection broke")
        if code in _PROTOCOL:
            return error(31924, f"Stream: protocol error, closed with {code}")
        return error(31921, f"Stream: the server closed it with {code}")

    async def _send(self, make: Callable[[], str]) -> None:
        """Messages get their numbers in the order in which they leave."""
        async with self._order:
            await self._socket.send(make())

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            self.frames += 1
            await asyncio.sleep(max(began + self.frames * FRAME_SECONDS - loop.time(), 0))
            frame = self._voice.frame()
            await self._send(lambda frame=frame: self._writer.media(frame))  # type: ignore[misc]
            heard = self._playback.frame()
            if heard:
                self._leg.sound(heard)
            await self._return(self._playback.reached(), cleared=False)

    async def _hear(self) -> None:
        while True:
            heard = await self._leg.hear()
            if isinstance(heard, Key):
                digit = heard.digit
                await self._send(lambda digit=digit: self._writer.key(digit))  # type: ignore[misc]
            else:
                self._voice.say(encoded(await self._samples(heard)))

    async def _samples(self, utterance: Utterance) -> bytes:
        """Its sound; words without one are spoken by a synthetic voice."""
        if utterance.samples or not utterance.text:
            return utterance.samples
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(None, spoken_samples, utterance.text)
        except CannotSpeak:
            return b""

    async def _receive(self) -> None:
        async for message in self._socket:
            if isinstance(message, bytes):
                self._once(error(31950, "Stream: binary messages are not understood"))
                continue
            try:
                received = read(message, stream=self._sid)
            except BadMessage as failure:
                self._once(warning(31951, f"Stream: {failure}"))
                continue
            if isinstance(received, Media):
                self._playback.add(received.mulaw)
            elif isinstance(received, Mark):
                self._playback.mark(received.name)
            elif isinstance(received, Clear):
                await self._return(self._playback.clear(), cleared=True)

    async def _return(self, marks: list[str], *, cleared: bool) -> None:
        for name in marks:
            self._marked(name, cleared)
            await self._send(lambda name=name: self._writer.mark(name))  # type: ignore[misc]

    def _once(self, problem: Problem) -> None:
        if problem.code not in self._complained:
            self._complained.add(problem.code)
            self._complain(problem)
