"""The sound of a call's phone: a microphone's goes in, that of media streams comes out.

Binary messages of µ-law at 8 kHz in both directions, as a telephone line carries it.
"""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from ivr.carrier.call import Call
from ivr.carrier.exchange import Exchange
from ivr.carrier.handset import Handset
from ivr.carrier.media.mulaw import RATE
from ivr.carrier.pages.telephone import HEARTBEAT

MAX_PIECE = 4 * 1024
"""Bytes of one message, half a second."""
MAX_SPEECH = 60 * RATE
MAX_WAITING = 250
"""Pieces that a page may be behind, five seconds; then the oldest are dropped."""


class Voice:
    """A call may have several such connections; all hear, and all speak."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Sound in both directions until the call or the connection ends."""
        call = self._exchange.calls.get(request.match_info["sid"])
        handset = _handset(call)
        if call is None or handset is None:
            return web.json_response({"error": "Esta chamada não existe."}, status=404)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_PIECE)
        if not socket.can_prepare(request).ok:
            return web.json_response({"error": "Aqui se fala por WebSocket."}, status=426)
        await socket.prepare(request)
        waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)

        def heard(mulaw: bytes) -> None:
            if waiting.full():
                waiting.get_nowait()
            waiting.put_nowait(mulaw)

        forget = handset.on_sound(heard)
        tasks = [
            asyncio.ensure_future(_tell(socket, waiting)),
            asyncio.ensure_future(_close_after(socket, call)),
        ]
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY and not call.ended:
                    handset.microphone(message.data)
        except ConnectionError:
            pass
        finally:
            forget()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return socket

    async def speak(self, request: web.Request) -> web.Response:
        """Say what the body holds, µ-law at 8 kHz without a header."""
        call = self._exchange.calls.get(request.match_info["sid"])
        handset = _handset(call)
        if call is None or handset is None:
            return web.json_response({"error": "Esta chamada não existe."}, status=404)
        if call.ended:
            return web.json_response({"error": "A ligação já terminou."}, status=422)
        mulaw = await request.read()
        if not 0 < len(mulaw) <= MAX_SPEECH:
            why = f"O som tem de 1 byte a {MAX_SPEECH // RATE} segundos."
            return web.json_response({"error": why}, status=422)
        handset.speak_mulaw(mulaw)
        return web.json_response({"seconds": len(mulaw) / RATE})


def _handset(call: Call | None) -> Handset | None:
    try:
        return call.handset if call is not None else None
    except LookupError:
        return None


async def _tell(socket: web.WebSocketResponse, waiting: asyncio.Queue[bytes]) -> None:
    try:
        while True:
            await socket.send_bytes(await waiting.get())
    except ConnectionError:
        return


async def _close_after(socket: web.WebSocketResponse, call: Call) -> None:
    await call.finished()
    await socket.close()
