"""The keypad phone in a browser, and the interface under /phone/ that it and others use."""

from __future__ import annotations

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.api import add_api
from ivr.carrier.pages.site import add_site


def mount(app: web.Application, exchange: Exchange) -> None:
    """Serve the page at ``/`` and its interface at ``/phone/``."""
    add_api(app, exchange)
    add_site(app, exchange)
