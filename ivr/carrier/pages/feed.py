"""What is not one call's: text messages, recordings, telephones that ring, fault switches.

A socket gets each list whole, whenever it has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.desk import DESK
from ivr.carrier.recordings import Recording

EVERY = 0.25
"""Seconds between two looks."""
MOST = 200
"""Entries of a list that are sent, newest first."""


def add_feed(app: web.Application) -> None:
    app.router.add_get("/phone/events", _follow)
    app.router.add_get("/phone/messages", _messages)


async def _messages(request: web.Request) -> web.Response:
    return web.json_response({"messages": messages_of(request.app[DESK].exchange)})


async def _follow(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    telling = asyncio.ensure_future(_tell(request.app[DESK].exchange, socket))
    try:
        async for _ in socket:
            pass
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return socket


async def _tell(exchange: Exchange, socket: web.WebSocketResponse) -> None:
    told: dict[str, Any] = {}
    with contextlib.suppress(ConnectionError):
        while not socket.closed:
            for name, look in LISTS.items():
                now = look(exchange)
                if told.get(name, _NOTHING) != now:
                    told[name] = now
                    await socket.send_json({"list": name, name: now})
            await asyncio.sleep(EVERY)


_NOTHING = object()


def messages_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Text messages that have left, newest first."""
    sent = [each for each in exchange.inbox.messages.values() if each.sent_at is not None]
    return [
        {
            "sid": message.sid,
            "to": message.to,
            "from": message.from_,
            "body": message.body,
            "status": message.status,
            "at": (message.sent_at or message.created_at).isoformat(),
        }
        for message in reversed(sent[-MOST:])
    ]


def recordings_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Recordings that can be heard or still run, newest first."""
    return [
        {
            "sid": recording.sid,
            "call": recording.call.sid,
            "from": recording.call.from_,
            "source": recording.source,
            "status": recording.status,
            "seconds": recording.duration,
            "at": recording.started_at.isoformat(),
        }
        for recording in reversed(list(exchange.recordings.values())[-MOST:])
        if _is_shown(recording)
    ]


def _is_shown(recording: Recording) -> bool:
    return recording.status in ("in-progress", "paused", "completed", "stopped")


def telephones_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Telephones that the service calls and that ring or talk now."""
    return [
        {
            "sid": call.sid,
            "to": call.to,
            "from": call.from_,
            "status": call.status,
            "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        }
        for call in exchange.calls.values()
        if call.direction != "inbound" and call.status in ("ringing", "in-progress")
    ]


LISTS: dict[str, Callable[[Exchange], Any]] = {
    "messages": messages_of,
    "recordings": recordings_of,
    "telephones": telephones_of,
    "faults": lambda exchange: asdict(exchange.faults),
}
