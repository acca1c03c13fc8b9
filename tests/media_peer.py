"""A media-stream server written from the published protocol, which judges what it is sent."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from twilio.request_validator import RequestValidator
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Behave = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """One connection. ``seen``: messages as they came; ``complaints``: what the protocol forbids.

    Source: twilio.com/docs/voice/media-streams/websocket-messages.
    """

    socket: ServerConnection
    seen: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    closed: bool = False
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Until the connection ends."""
        try:
            async for text in self.socket:
                self._take(json.loads(text))
                self._grown.set()
        except ConnectionClosed:
            pass
        self.closed = True
        self._grown.set()

    @property
    def sid(self) -> str:
        return str(self.seen[1]["streamSid"])

    def all(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.seen if message["event"] == event]

    @property
    def marks(self) -> list[str]:
        return [message["mark"]["name"] for message in self.all("mark")]

    @property
    def keys(self) -> str:
        return "".join(message["dtmf"]["digit"] for message in self.all("dtmf"))

    @property
    def heard(self) -> bytes:
        """All sound of the caller so far."""
        return b"".join(base64.b64decode(each["media"]["payload"]) for each in self.all("media"))

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            if self.closed:
                raise AssertionError("the connection ended before what was waited for")
            self._grown.clear()
            await self._grown.wait()

    async def media(self, mulaw: bytes) -> None:
        payload = base64.b64encode(mulaw).decode()
        await self.send(event="media", streamSid=self.sid, media={"payload": payload})

    async def mark(self, name: str) -> None:
        await self.send(event="mark", streamSid=self.sid, mark={"name": name})

    async def clear(self) -> None:
        await self.send(event="clear", streamSid=self.sid)

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    def _take(self, message: dict[str, Any]) -> None:
        self.seen.append(message)
        number, event = len(self.seen), message["event"]
        if (event == "connected") != (number == 1) or (event == "start") != (number == 2):
            self.complaints.append(f"message {number} is {event}")
        if number == 1:
            if message != {"event": "connected", "protocol": "Call", "version": "1.0.0"}:
                self.complaints.append("connected is not as published")
            return
        if message["sequenceNumber"] != str(number - 1):
            self.complaints.append(f"message {number} has number {message['sequenceNumber']!r}")
        if message["streamSid"] != self.sid:
            self.complaints.append("another streamSid")
        if self.all("stop") and event != "stop":
            self.complaints.append(f"{event} after stop")
        if event == "media":
            self._judge_media(message["media"])

    def _judge_media(self, media: dict[str, Any]) -> None:
        chunk = len(self.all("media"))
        wanted = {"track": "inbound", "chunk": str(chunk), "timestamp": str(20 * (chunk - 1))}
        if {name: media[name] for name in wanted} != wanted:
            self.complaints.append(f"chunk {chunk} is not numbered so")
        if len(base64.b64decode(media["payload"])) != 160:
            self.complaints.append(f"chunk {chunk} is not 20 ms")


class MediaPeers:
    """The server. ``refuse``: answer handshakes with this status instead."""

    def __init__(self, behave: Behave, *, token: str, refuse: int = 0) -> None:
        self.peers: list[Peer] = []
        self.complaints: list[str] = []
        self.refuse = refuse
        self.url = ""
        self._behave = behave
        self._validator = RequestValidator(token)
        self._server: Server | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MediaPeers]:
        async with serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._handshake,
            open_timeout=None,
            ping_interval=None,
            close_timeout=20,
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}/voice/media"
            yield self
        for peer in self.peers:
            self.complaints += peer.complaints

    def _handshake(self, socket: ServerConnection, request: Request) -> Response | None:
        signature = request.headers.get("x-twilio-signature", "")
        if not self._validator.validate(self.url, {}, signature):
            self.complaints.append("bad signature of a handshake")
        return socket.respond(self.refuse, "no\n") if self.refuse else None

    async def _serve(self, socket: ServerConnection) -> None:
        peer = Peer(socket)
        self.peers.append(peer)
        reading = asyncio.ensure_future(peer.read())
        try:
            await peer.until(lambda: len(peer.seen) >= 2)
            await self._behave(peer)
        except ConnectionClosed:
            pass
        finally:
            if not peer.closed:
                await socket.close()
            await reading
