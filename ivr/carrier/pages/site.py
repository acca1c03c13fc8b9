"""The page itself and its files."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.guard import guarded

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def add_site(app: web.Application, exchange: Exchange) -> None:
    """The page at ``/``; only files that stand in the folder now are served."""
    files = {file.name: file for file in STATIC.iterdir() if file.suffix in TYPES}

    async def page(request: web.Request) -> web.Response:
        return web.Response(
            text=(STATIC / "phone.html").read_text("utf-8"),
            content_type="text/html",
            charset="utf-8",
        )

    async def file(request: web.Request) -> web.Response:
        found = files.get(request.match_info["name"])
        if found is None:
            return web.Response(status=404, text="Não há este arquivo.", charset="utf-8")
        return web.Response(
            text=found.read_text("utf-8"),
            content_type=TYPES[found.suffix],
            charset="utf-8",
            headers={"Cache-Control": "no-cache"},
        )

    app.router.add_get("/", guarded(exchange, page))
    app.router.add_get("/phone/static/{name}", guarded(exchange, file))
