"""One call over a WebSocket: what happens on its line, and what its phone does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from ivr.carrier.call import Call
from ivr.carrier.clock import wall_clock
from ivr.carrier.events import as_dict
from ivr.carrier.exchange import Exchange
from ivr.carrier.handset import Handset

MAX_MESSAGE = 16 * 1024
MAX_KEYS = 64
MAX_TEXT = 1_000
MAX_SECONDS = 120.0
HEARTBEAT = 20.0


class BadDeed(ValueError):
    """``str()`` of it is for the person at the phone."""


class Telephone:
    """A lost connection does not end the call: a new one tells everything from the beginning."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Events go out until the line closes, then the connection does."""
        call = self._exchange.calls.get(request.match_info["sid"])
        if call is None:
            return web.json_response({"error": "Esta chamada não existe."}, status=404)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MAX_MESSAGE)
        if not socket.can_prepare(request).ok:
            return web.json_response({"error": "Aqui se fala por WebSocket."}, status=426)
        await socket.prepare(request)
        telling = asyncio.ensure_future(_tell(socket, call))
        try:
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    continue
                try:
                    do(call, message.data)
                except BadDeed as failure:
                    await socket.send_json({"event": "refused", "why": str(failure)})
        except ConnectionError:
            pass
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return socket


async def _tell(socket: web.WebSocketResponse, call: Call) -> None:
    try:
        await socket.send_json({"event": "hello", "at": wall_clock().isoformat()})
        async for event in call.line.listen():
            await socket.send_json(as_dict(event))
        await socket.close()
    except ConnectionError:
        return


def do(call: Call, message: Any) -> None:
    """What ``message`` (JSON) asks of the call's phone. Raises BadDeed."""
    try:
        asked = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise BadDeed("A mensagem não é um objeto JSON.")
    name = asked.get("do")
    deed = _DEEDS.get(name) if isinstance(name, str) else None
    if deed is None:
        raise BadDeed(f"“do” é um destes: {', '.join(_DEEDS)}.")
    try:
        handset = call.handset
    except LookupError:
        raise BadDeed("Esta linha não tem telefone de teste.") from None
    if call.ended:
        raise BadDeed("A ligação já terminou.")
    deed(handset, asked)


def _press(handset: Handset, asked: dict[str, Any]) -> None:
    _only(asked, "keys")
    keys = asked.get("keys")
    if not isinstance(keys, str) or not 1 <= len(keys) <= MAX_KEYS:
        raise BadDeed(f"“keys” são de 1 a {MAX_KEYS} teclas.")
    try:
        handset.press(keys)
    except ValueError:
        raise BadDeed("O teclado só tem 0 a 9, A a D, * e #.") from None


def _speak(handset: Handset, asked: dict[str, Any]) -> None:
    _only(asked, "text", "confidence", "seconds")
    text = asked.get("text")
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= MAX_TEXT:
        raise BadDeed(f"“text” tem de 1 a {MAX_TEXT} letras.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadDeed("“text” tem metade de uma letra.")
    confidence = _number(asked.get("confidence", 0.9), "confidence", most=1.0)
    seconds = asked.get("seconds")
    if seconds is not None:
        seconds = _number(seconds, "seconds", most=MAX_SECONDS)
    handset.speak(text.strip(), confidence, seconds=seconds)


def _hang_up(handset: Handset, asked: dict[str, Any]) -> None:
    _only(asked)
    handset.hang_up()


def _pick_up(handset: Handset, asked: dict[str, Any]) -> None:
    _only(asked)
    handset.pick_up()


def _decline(handset: Handset, asked: dict[str, Any]) -> None:
    _only(asked)
    handset.decline()


_DEEDS: dict[str, Callable[[Handset, dict[str, Any]], None]] = {
    "press": _press,
    "speak": _speak,
    "hang_up": _hang_up,
    "pick_up": _pick_up,
    "decline": _decline,
}


def _only(asked: dict[str, Any], *names: str) -> None:
    if set(asked) - {"do", *names}:
        raise BadDeed("Há um campo que não se conhece na mensagem.")


def _number(value: Any, name: str, *, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadDeed(f"“{name}” é um número.")
    if not 0 <= value <= most:
        raise BadDeed(f"“{name}” vai de 0 a {most:g}.")
    return float(value)
