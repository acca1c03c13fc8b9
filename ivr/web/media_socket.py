"""One WebSocket of the carrier's (RFC 6455), on the loop of all streams of a process.

Its framing is the ``websockets`` library's; only the handshake was done before, by the server that
took the connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

import structlog
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from ivr.adapters.twilio.media_messages import (
    Connected,
    Key,
    MarkReached,
    MediaMessageError,
    MediaReader,
    Sound,
    Started,
    Stopped,
)
from ivr.ports.speech import SpeechError
from ivr.ports.store import StoreUnavailableError
from ivr.service.stream.pace import IDLE_S, START_S, UNREAD_S, Pace, TooMuchError
from ivr.service.turns import BusyError
from ivr.web.media_call import Engine, MediaCall
from ivr.web.media_inbox import Inbox
from ivr.web.media_sounds import NoSoundError

log = structlog.get_logger("ivr.media")

LARGEST_MESSAGE = 16 * 1024
READ_MOST = 64 * 1024
READ_ON = 4 * 1024
"""Bytes at a time that tell of a line faster than real time."""
CLOSE_S = 3.0
"""For the farewell to be read."""
MOST_UNREAD = 1024 * 1024
"""Bytes written that the other end does not take: more than a minute of sound."""
_wire = logging.getLogger("ivr.media.wire")
_wire.setLevel(logging.CRITICAL + 1)
"""The library would tell of messages; nothing of them may be told."""


class MediaSocket(asyncio.Protocol):
    """``ended`` is called once, when the connection is gone and its call's task is over."""

    def __init__(
        self,
        engine: Engine,
        sock: socket.socket,
        *,
        account_sid: str,
        speed: float,
        head: bytes,
        ended: Callable[[MediaSocket], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._engine = engine
        self._sock = sock
        self._head = head
        self._ended = ended
        self._wire = Protocol(SERVER, state=OPEN, max_size=LARGEST_MESSAGE, logger=_wire)
        self._reader = MediaReader(account_sid=account_sid)
        self._pace = Pace(speed=speed, began=loop.time())
        self._inbox = Inbox(self._hold)
        self._parts = bytearray()
        self._heard_at = self._began = loop.time()
        self._written_at = self._closing_at = 0.0
        self._held = False
        self._started: Started | None = None
        self._call: MediaCall | None = None
        self._task: asyncio.Task[None] | None = None
        self._why = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()
        self._transport.set_write_buffer_limits(high=MOST_UNREAD)
        self._transport.write(self._head)

    def poll(self) -> None:
        """Take what has come. Called often enough for a line's pace; a faster one is read on."""
        transport = self._transport
        if self._held or transport is None or transport.is_closing():
            return
        try:
            data = self._sock.recv(READ_MOST)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._why = self._why or "lost"
            self._leave()
            return
        self.data_received(data)
        if len(data) >= READ_ON:
            self._loop.call_soon(self.poll)

    def data_received(self, data: bytes) -> None:
        """Part of what the other end sends."""
        self._wire.receive_data(data)
        now = self._loop.time()
        for event in self._wire.events_received():
            if self._why:
                break
            try:
                self._pace.message(now)
                self._frame(cast(Frame, event))
            except MediaMessageError as error:
                self.close(error.reason, CloseCode.POLICY_VIOLATION)
            except TooMuchError as error:
                self.close(error.reason, CloseCode.POLICY_VIOLATION)
        self._flush()
        if self._wire.close_expected() and not self._why:
            self._why = "closed by the carrier" if self._wire.close_rcvd else "not a WebSocket"
        if self._why:
            self._leave()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._why = self._why or "lost"
        self._inbox.shut()
        if self._task is None:
            self._over()
        elif not self._task.done():
            self._task.cancel()

    def pause_writing(self) -> None:
        self.abort("does not read")

    def tick(self, now: float) -> None:
        """Look at what only the clock can tell."""
        transport = self._transport
        if transport is None:
            return
        if transport.is_closing():
            if now - self._closing_at > CLOSE_S:
                transport.abort()
        elif self._started is None and now - self._began > START_S:
            self.close("no start", CloseCode.POLICY_VIOLATION)
        elif now - self._heard_at > IDLE_S and not self._held:
            self.close("idle", CloseCode.GOING_AWAY)
        elif not transport.get_write_buffer_size():
            self._written_at = now
        elif now - self._written_at > UNREAD_S:
            self.abort("does not read")

    def close(self, why: str, code: int = CloseCode.NORMAL_CLOSURE) -> None:
        """Say farewell, then end the connection."""
        if self._why:
            return
        self._why = why
        if self._wire.state is OPEN:
            self._wire.send_close(code)
        self._flush()
        self._leave()

    def abort(self, why: str) -> None:
        """End the connection at once."""
        self._why = self._why or why
        if self._transport is not None:
            self._transport.abort()

    def _frame(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT if frame.fin:
                self._message(bytes(frame.data))
            case Opcode.TEXT:
                self._parts[:] = frame.data
            case Opcode.CONT:
                self._parts += frame.data
                if frame.fin:
                    whole = bytes(self._parts)
                    self._parts.clear()
                    self._message(whole)
            case Opcode.BINARY:
                self.close("binary frame", CloseCode.UNSUPPORTED_DATA)

    def _message(self, text: bytes) -> None:
        message = self._reader.read(text)
        match message:
            case Sound():
                now = self._heard_at = self._loop.time()
                self._pace.sound(len(message.mulaw), now)
                self._inbox.sound(message.mulaw)
            case Key() | MarkReached():
                self._inbox.put(message)
            case Started():
                self._started = message
                self._heard_at = self._loop.time()
                self._call = MediaCall(self._engine, message, self._inbox, self._send)
                self._task = self._loop.create_task(self._run(self._call))
                self._task.add_done_callback(lambda _: self._over())
            case Stopped():
                self.close("stopped")
            case Connected():
                pass

    async def _run(self, call: MediaCall) -> None:
        try:
            why = await call.run()
        except asyncio.CancelledError:
            raise
        except (SpeechError, NoSoundError, BusyError, StoreUnavailableError) as error:
            log.warning("media stream given up", call=self._sid, error=type(error).__name__)
            self.close("given up", CloseCode.INTERNAL_ERROR)
        except Exception as error:
            log.error("media stream failed", call=self._sid, error=type(error).__name__)
            self.close("failed", CloseCode.INTERNAL_ERROR)
        else:
            refused = why == "refused"
            self.close(why, CloseCode.POLICY_VIOLATION if refused else CloseCode.NORMAL_CLOSURE)

    @property
    def _sid(self) -> str:
        return self._started.call_sid if self._started else ""

    def _send(self, messages: list[bytes]) -> None:
        if self._wire.state is OPEN and self._transport is not None:
            for message in messages:
                self._wire.send_text(message)
            self._flush()

    def _flush(self) -> None:
        parts = [part for part in self._wire.data_to_send() if part]
        if parts and self._transport is not None and not self._transport.is_closing():
            if not self._transport.get_write_buffer_size():
                self._written_at = self._loop.time()
            self._transport.write(b"".join(parts))

    def _leave(self) -> None:
        self._inbox.shut()
        task = self._task
        if task is not None and not task.done() and task is not asyncio.current_task(self._loop):
            task.cancel()
        if self._transport is not None and not self._transport.is_closing():
            self._closing_at = self._loop.time()
            self._transport.close()

    def _hold(self, held: bool) -> None:
        self._held = held
        self._heard_at = self._loop.time()
        if not held:
            self._loop.call_soon(self.poll)

    def _over(self) -> None:
        """Both the connection and the task are gone."""
        if self._transport is not None or (self._task is not None and not self._task.done()):
            return
        log.info(
            "media stream ended",
            call=self._sid,
            why=self._why,
            turns=self._call.taken if self._call else 0,
            seconds=round(self._pace.ms / 1000),
            gaps=self._reader.gaps,
        )
        self._ended(self)
