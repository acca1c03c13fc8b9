"""The REST interface over HTTP."""

from __future__ import annotations

import asyncio
import base64
import binascii
from urllib.parse import parse_qsl

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.api import RestApi
from ivr.carrier.rest.request import RestRequest

HELD_SECONDS = 3_600


def mount_rest(app: web.Application, exchange: Exchange) -> None:
    """Serve ``exchange`` under /2010-04-01/."""
    api = RestApi(exchange)

    async def handle(request: web.Request) -> web.Response:
        form = (await request.read()).decode("utf-8", "replace")
        response = api.handle(
            RestRequest(
                method=request.method,
                path=request.rel_url.raw_path,
                query=list(request.query.items()),
                form=parse_qsl(form, keep_blank_values=True),
                login=login_of(request.headers.get("Authorization", "")),
            )
        )
        if response.held:
            await asyncio.sleep(HELD_SECONDS)
        headers = dict(response.headers)
        if response.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        return web.Response(status=response.status, body=response.body, headers=headers)

    app.router.add_route("*", "/2010-04-01/{rest:.*}", handle)


def login_of(header: str) -> tuple[str, str] | None:
    """Name and password of HTTP Basic; None when there are none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None
