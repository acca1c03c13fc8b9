"""Calls: place one, follow it, act on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.carrier.call import Call, Goto
from ivr.carrier.events import GatherStarted, HttpExchange, LineEvent, PlayFinished, PlayStarted
from ivr.carrier.events import as_dict as dict_of
from ivr.carrier.faults import Faults
from ivr.carrier.pages.captions import Bubbles
from ivr.carrier.pages.deeds import BadDeed, perform, read_deed
from ivr.carrier.pages.desk import DESK, NUMBER, Desk, json_of, refused
from ivr.carrier.pages.faults import BadFaults, read_faults
from ivr.carrier.pages.pace import HurriedLeg
from ivr.carrier.script import WITHHELD

GRACE = 4.0
"""Seconds without anybody at the telephone after which it hangs up."""
GOES_ON = (PlayStarted, PlayFinished, HttpExchange, GatherStarted)
"""What may happen in the middle of one saying."""


class NewCall(BaseModel):
    """``caller``: E.164 or ``withheld``; ``voice_url`` instead of the number's own address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caller: str = Field(pattern=r"^(\+[1-9][0-9]{7,14}|withheld)$")
    to: str = Field(default=NUMBER, pattern=r"^\+[1-9][0-9]{2,14}$")
    voice_url: str = Field(default="", pattern=r"^(https?://\S+)?$", max_length=2_000)
    fast: bool = False
    faults: dict[str, Any] = Field(default_factory=dict)


def add_calls(app: web.Application) -> None:
    app.router.add_post("/phone/calls", _dial)
    app.router.add_get("/phone/calls/{sid}", _follow)
    app.router.add_post("/phone/calls/{sid}/deeds", _act)


async def _dial(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    try:
        wanted = NewCall.model_validate(await json_of(request))
    except ValidationError as error:
        names = ", ".join(sorted({str(f["loc"][0]) for f in error.errors() if f["loc"]}))
        raise refused(400, f"Não dá para ligar assim: {names or 'pedido'}.") from None
    try:
        faults = read_faults(wanted.faults, base=desk.exchange.faults)
    except BadFaults as error:
        raise refused(400, str(error)) from None
    call = _place(desk, wanted, faults)
    return web.json_response({"sid": call.sid, "from": call.from_, "to": call.to}, status=201)


def _place(desk: Desk, wanted: NewCall, faults: Faults) -> Call:
    exchange = desk.exchange
    route = exchange.route
    if wanted.voice_url:
        route = replace(route, voice=Goto(url=wanted.voice_url))
    call = exchange.call(
        from_=WITHHELD if wanted.caller == "withheld" else wanted.caller,
        to=wanted.to,
        route=route,
        faults=faults,
    )
    if wanted.fast:
        call.leg = HurriedLeg(call.handset)
    return call


async def _act(request: web.Request) -> web.Response:
    call = request.app[DESK].call(request)
    try:
        perform(read_deed(await json_of(request)), call)
    except BadDeed:
        raise refused(400, "Este telefone não sabe fazer isso.") from None
    return web.json_response({"status": call.status})


async def _follow(request: web.Request) -> web.WebSocketResponse:
    """All events from the call's beginning; deeds come back on the same socket.

    With ``?hold=1`` the call ends soon after the socket has gone.
    """
    desk = request.app[DESK]
    call = desk.call(request)
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    telling = asyncio.ensure_future(_tell(desk, call, socket))
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await _heed(message.data, call, socket)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        if request.query.get("hold") == "1" and not call.line.closed:
            asyncio.get_running_loop().call_later(GRACE, call.handset.hang_up)
    return socket


async def _heed(text: str, call: Call, socket: web.WebSocketResponse) -> None:
    try:
        perform(read_deed(json.loads(text)), call)
    except (BadDeed, ValueError):
        await socket.send_json({"event": "refused"})


async def _tell(desk: Desk, call: Call, socket: web.WebSocketResponse) -> None:
    bubbles = Bubbles()
    past = len(call.line.events)
    count = 0
    with contextlib.suppress(ConnectionError):
        async for event in call.handset.listen():
            count += 1
            told = dict_of(event) | await _extras(desk, event, bubbles, past=count <= past)
            await socket.send_json(told)
        await socket.close()


async def _extras(desk: Desk, event: LineEvent, bubbles: Bubbles, *, past: bool) -> dict[str, Any]:
    """What a page needs beside the event: the words of a sound, and where to get the sound."""
    if not isinstance(event, PlayStarted):
        if not isinstance(event, GOES_ON):
            bubbles.interrupted()
        return {}
    caption = await desk.captions.of(event, base=desk.service)
    key = "" if past else await desk.shelf.key_of(event)
    return {
        "text": caption.text,
        "pieces": caption.pieces,
        "prompt": caption.prompt,
        "secret": caption.secret,
        "begins": bubbles.begins(caption),
        "audio": f"/phone/sounds/{key}.wav" if key else "",
        "past": past,
    } | ({"url": ""} if caption.secret else {})
