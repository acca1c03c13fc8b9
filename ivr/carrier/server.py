"""The carrier as a web server: the REST interface, and the pages where they are installed."""

from __future__ import annotations

import importlib
import importlib.util

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.presets import Presets
from ivr.carrier.rest.http import mount_rest

EXCHANGE = web.AppKey("exchange", Exchange)
PRESETS = web.AppKey("presets", Presets)
PAGES = "ivr.carrier.pages"


def make_app(exchange: Exchange, presets: Presets | None = None) -> web.Application:
    """The application around ``exchange``; stopping it ends all calls."""
    app = web.Application(client_max_size=1024 * 1024)
    app[EXCHANGE] = exchange
    app[PRESETS] = presets if presets is not None else Presets()
    mount_rest(app, exchange)
    app.router.add_get("/healthz", _healthy)
    if importlib.util.find_spec(PAGES) is not None:
        importlib.import_module(PAGES).mount(app, exchange)
    app.on_shutdown.append(_stop)
    return app


async def _healthy(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "calls": len(request.app[EXCHANGE].calls)})


async def _stop(app: web.Application) -> None:
    await app[EXCHANGE].stop()
