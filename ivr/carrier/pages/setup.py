"""What the page starts from: whose telephones there are, and whether the service answers."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ivr.carrier.pages.desk import DESK, NUMBER, Desk
from ivr.carrier.server import PRESETS
from ivr.carrier.transport import ConnectFailed, HttpRequest, ReadFailed

PATIENCE = 3.0


def add_setup(app: web.Application) -> None:
    app.router.add_get("/phone/setup", _setup)
    app.router.add_get("/phone/service", _service)


async def _setup(request: web.Request) -> web.Response:
    presets = request.app[PRESETS]
    return web.json_response(
        {
            "number": NUMBER,
            "people": [dict(person) for person in presets.people],
            "callers": [dict(caller) for caller in presets.callers],
        }
    )


async def _service(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    return web.json_response({"address": desk.service, "answers": await answers(desk)})


async def answers(desk: Desk) -> bool:
    """Whether anything at all answers at the service's address."""
    health = HttpRequest(method="GET", url=f"{desk.service}/healthz", headers={"Accept": "*/*"})
    try:
        async with asyncio.timeout(PATIENCE):
            await desk.exchange.transport.send(health, connect=PATIENCE, read=PATIENCE)
    except (TimeoutError, ConnectFailed, ReadFailed):
        return False
    return True
