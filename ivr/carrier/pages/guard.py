"""Keeps foreign web pages away from the phone, and sets the headers of every answer.

The phone has no log-in, and by default listens on this machine only. A browser here also opens
foreign pages: none of them may dial or read messages, neither across origins nor by a name that
it makes point to this machine.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from ivr.carrier.exchange import Exchange

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def guarded(exchange: Exchange, handler: Handler) -> Handler:
    """``handler`` for requests of our own page or of a program; 403 for a foreign page's."""

    async def guard(request: web.Request) -> web.StreamResponse:
        if not _ours(request, exchange):
            answer: web.StreamResponse = web.json_response(
                {"error": "Este pedido veio de outra página."}, status=403
            )
        else:
            try:
                answer = await handler(request)
            except web.HTTPRequestEntityTooLarge:
                answer = web.json_response({"error": "O pedido é grande demais."}, status=413)
        if not answer.prepared:
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    return guard


def _ours(request: web.Request, exchange: Exchange) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        return False
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    return _own_name(request.host, exchange.rest_url)


def _own_name(host: str, public_url: str) -> bool:
    """Addresses, names without a dot, and the carrier's public name."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if "." not in name or name == urlsplit(public_url).hostname:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
