"""Phones that the carrier rings now, over a WebSocket: an agent's, or one that is called back."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import WSCloseCode, web

from ivr.carrier.call import Call
from ivr.carrier.events import LineEvent, StatusChanged
from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.telephone import HEARTBEAT, MAX_MESSAGE


class Ringing:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._open: set[web.WebSocketResponse] = set()

    async def close(self, app: web.Application) -> None:
        """Let all listeners go: the server waits for them when it stops."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in tuple(self._open))
        )

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """``ringing`` for each call that rings or begins to; ``quiet`` when it has stopped."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_MESSAGE)
        if not socket.can_prepare(request).ok:
            return web.json_response({"error": "Aqui se fala por WebSocket."}, status=426)
        await socket.prepare(request)
        waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        waiting.put_nowait({"event": "hello"})
        told: set[str] = set()

        def tell(call: Call) -> None:
            if call.direction != "inbound" and call.status == "ringing":
                told.add(call.sid)
                waiting.put_nowait(_ringing(call))
            elif call.sid in told:
                told.discard(call.sid)
                waiting.put_nowait({"event": "quiet", "call": call.sid, "status": call.status})

        def seen(event: LineEvent) -> None:
            if isinstance(event, StatusChanged):
                tell(self._exchange.calls[event.call])

        self._open.add(socket)
        unsubscribe = self._exchange.subscribe(seen)
        for call in tuple(self._exchange.calls.values()):
            tell(call)
        sending = asyncio.ensure_future(_send(socket, waiting))
        try:
            async for _ in socket:
                pass
        finally:
            self._open.discard(socket)
            unsubscribe()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket


def _ringing(call: Call) -> dict[str, Any]:
    return {
        "event": "ringing",
        "call": call.sid,
        "from": call.from_,
        "to": call.to,
        "direction": call.direction,
        "at": call.created_at.isoformat(),
    }


async def _send(socket: web.WebSocketResponse, waiting: asyncio.Queue[dict[str, Any]]) -> None:
    try:
        while True:
            await socket.send_json(await waiting.get())
    except ConnectionError:
        return
