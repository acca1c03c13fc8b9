"""What a phone can ask of the carrier: whom it may be, to call, messages, recordings, faults."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from aiohttp import web

from ivr.carrier.call import Goto, Route
from ivr.carrier.exchange import Exchange
from ivr.carrier.fields import WITHHELD
from ivr.carrier.pages.guard import Handler, guarded
from ivr.carrier.pages.pace import HurriedLeg
from ivr.carrier.pages.ringing import Ringing
from ivr.carrier.pages.sound import Texts, ranged, sound_of_call
from ivr.carrier.pages.switches import BadSwitches, Switches, read_switches
from ivr.carrier.pages.telephone import Telephone
from ivr.carrier.pages.voice import Voice
from ivr.carrier.presets import Presets
from ivr.carrier.server import PRESETS

DESK = "+556733183600"
"""The service desk's public number: called unless another is asked for."""
NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")


class BadInput(ValueError):
    """``str()`` of it is for the person at the phone."""


def add_api(app: web.Application, exchange: Exchange) -> None:
    """Add every route under /phone/."""
    api = PhoneApi(app, exchange)
    telephone, ringing, texts = Telephone(exchange), Ringing(exchange), Texts(exchange)
    voice = Voice(exchange)
    app.on_shutdown.append(ringing.close)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/phone/setup", api.setup),
        ("POST", "/phone/calls", api.call),
        ("GET", "/phone/calls/{sid}/events", telephone.connect),
        ("GET", "/phone/calls/{sid}/sound", voice.connect),
        ("POST", "/phone/calls/{sid}/speech", voice.speak),
        ("GET", "/phone/ringing", ringing.connect),
        ("GET", "/phone/messages", api.messages),
        ("GET", "/phone/recordings", api.recordings),
        ("GET", "/phone/recordings/{sid}.wav", api.recording),
        ("GET", "/phone/texts", texts.answer),
        ("GET", "/phone/sound", lambda request: sound_of_call(exchange, request)),
        ("GET", "/phone/faults", api.faults),
        ("POST", "/phone/faults", api.change_faults),
        ("DELETE", "/phone/faults", api.clear_faults),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, guarded(exchange, handler))


class PhoneApi:
    """Answers with JSON; what is wrong with a request is said in Portuguese with status 422."""

    def __init__(self, app: web.Application, exchange: Exchange) -> None:
        self._app = app
        self._exchange = exchange
        self._switches = Switches(exchange)

    @property
    def _presets(self) -> Presets:
        return self._app[PRESETS] if PRESETS in self._app else Presets()

    async def setup(self, request: web.Request) -> web.Response:
        """The invented people, the callers to choose from, the number of the desk."""
        presets = self._presets
        return web.json_response(
            {
                "people": [dict(person) for person in presets.people],
                "callers": [dict(caller) for caller in presets.callers],
                "to": DESK,
            }
        )

    async def call(self, request: web.Request) -> web.Response:
        """Dial; 201 with the CallSid.

        ``voice_url`` answers instead of the number's own address; ``fast``: prompts last a tenth.
        """
        try:
            asked = await read_object(request)
            if unknown := set(asked) - {"from", "to", "faults", "voice_url", "fast"}:
                raise BadInput(f"Campo desconhecido: {', '.join(sorted(unknown))}.")
            from_, to = _caller(asked.get("from")), _number(asked.get("to", DESK), "to")
            faults = read_switches(self._exchange.faults, asked.get("faults", {}))
            route = _route(self._exchange.route, asked.get("voice_url", ""))
            fast = asked.get("fast", False)
            if not isinstance(fast, bool):
                raise BadInput("“fast” é true ou false.")
        except (BadInput, BadSwitches) as failure:
            return refused(str(failure))
        call = self._exchange.call(from_=from_, to=to, route=route, faults=faults)
        if fast:
            call.leg = HurriedLeg(call.handset)
        return web.json_response({"call": call.sid}, status=201)

    async def messages(self, request: web.Request) -> web.Response:
        """All text messages that were sent, newest first."""
        names = {p.get("mobile"): p.get("name") for p in self._presets.people if p.get("mobile")}
        sent = reversed(self._exchange.inbox.messages.values())
        return web.json_response(
            [
                {
                    "sid": message.sid,
                    "to": message.to,
                    **({"name": names[message.to]} if message.to in names else {}),
                    "body": message.body,
                    "status": message.status,
                    "at": message.created_at.isoformat(),
                }
                for message in sent
            ]
        )

    async def recordings(self, request: web.Request) -> web.Response:
        """Recordings that are whole and hold something, newest first."""
        return web.json_response(
            [
                {
                    "sid": each.sid,
                    "call": each.call.sid,
                    "seconds": each.seconds,
                    "at": each.started_at.isoformat(),
                }
                for each in reversed(self._exchange.recordings.values())
                if each.status == "completed"
            ]
        )

    async def recording(self, request: web.Request) -> web.Response:
        found = self._exchange.recordings.get(request.match_info["sid"])
        if found is None or found.status != "completed":
            return refused("Esta gravação não existe.", status=404)
        return ranged(request, found.wav(), "audio/wav")

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._switches.current())

    async def change_faults(self, request: web.Request) -> web.Response:
        """Change the switches that are named, for later calls and for those that run."""
        try:
            self._switches.change(await read_object(request))
        except (BadInput, BadSwitches) as failure:
            return refused(str(failure))
        return web.json_response(self._switches.current())

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Back to the switches that the carrier began with."""
        self._switches.clear()
        return web.json_response(self._switches.current())


def refused(why: str, *, status: int = 422) -> web.Response:
    return web.json_response({"error": why}, status=status)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object. Raises BadInput."""
    try:
        content = json.loads(await request.read())
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadInput("O pedido não é um objeto JSON.")
    return content


def _caller(value: Any) -> str:
    if value == "withheld":
        return WITHHELD
    return _number(value, "from")


def _route(usual: Route, voice_url: Any) -> Route:
    if voice_url == "":
        return usual
    if not isinstance(voice_url, str) or ADDRESS.fullmatch(voice_url) is None:
        raise BadInput("O endereço em “voice_url” não serve. Escreva http://…")
    return replace(usual, voice=Goto(url=voice_url))


def _number(value: Any, name: str) -> str:
    if not isinstance(value, str) or NUMBER.fullmatch(value) is None:
        raise BadInput(
            f"O número em “{name}” não serve. Escreva com código do país: +5567999990001."
        )
    return value
