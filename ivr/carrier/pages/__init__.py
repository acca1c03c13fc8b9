"""The keypad phone in a browser, and the interface under /phone/ that it and others use."""

from __future__ import annotations

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.media.learning import Learning
from ivr.carrier.pages.api import add_api
from ivr.carrier.pages.site import add_site


def mount(app: web.Application, exchange: Exchange) -> None:
    """Serve the page at ``/`` and its interface at ``/phone/``.

    The page tells which prompt is heard, so the exchange learns them before its first stream.
    """
    learning = Learning(
        transport=exchange.transport,
        service=exchange.route.voice.url,
        known=exchange.known_sounds,
    )
    exchange.before_stream = learning.ready

    async def stop(_: web.Application) -> None:
        await learning.stop()

    app.on_cleanup.append(stop)
    add_api(app, exchange)
    add_site(app, exchange)
