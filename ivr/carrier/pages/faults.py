"""Fault switches as a page sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from ivr.carrier.faults import Faults
from ivr.carrier.pages.desk import DESK, json_of, refused
from ivr.carrier.presets import BadPresets, read_presets


class BadFaults(ValueError):
    """A switch that does not exist, or a value of another type."""


def read_faults(switches: Any, *, base: Faults) -> Faults:
    """``base`` with some switches changed. Raises :class:`BadFaults`."""
    if not isinstance(switches, Mapping):
        raise BadFaults("faults are an object")
    try:
        given = read_presets({"faults": dict(switches)}).faults
    except BadPresets as error:
        raise BadFaults(str(error)) from None
    return replace(base, **{name: getattr(given, name) for name in switches})


def add_faults(app: web.Application) -> None:
    app.router.add_get("/phone/faults", _show)
    app.router.add_post("/phone/faults", _switch)


async def _show(request: web.Request) -> web.Response:
    return web.json_response(asdict(request.app[DESK].exchange.faults))


async def _switch(request: web.Request) -> web.Response:
    """For the calls that run now, and for later ones."""
    exchange = request.app[DESK].exchange
    switches = await json_of(request)
    try:
        exchange.faults = read_faults(switches, base=exchange.faults)
        for call in exchange.calls.values():
            if not call.ended:
                call.faults = read_faults(switches, base=call.faults)
    except BadFaults as error:
        raise refused(400, str(error)) from None
    return web.json_response(asdict(exchange.faults))
