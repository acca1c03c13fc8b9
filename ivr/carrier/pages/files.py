"""The page itself, its scripts and styles, and all sounds."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from ivr.carrier.pages.desk import DESK, refused

HERE = Path(__file__).resolve().parent.parent
PAGE = HERE / "templates" / "phone.html"
STATIC = HERE / "static" / "phone"
FOR_EVER = "private, max-age=31536000, immutable"


def add_files(app: web.Application) -> None:
    app.router.add_get("/", _page)
    app.router.add_static("/phone/static", STATIC)
    app.router.add_get("/phone/tones/{name}.wav", _tone)
    app.router.add_get("/phone/sounds/{key}.wav", _sound)
    app.router.add_get("/phone/recordings/{sid}.wav", _recording)


async def _page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE.read_text("utf-8"), content_type="text/html", charset="utf-8")


async def _tone(request: web.Request) -> web.Response:
    content = request.app[DESK].tones.get(request.match_info["name"])
    if content is None:
        raise refused(404, "Este som não existe.")
    return _wav(content, cache=FOR_EVER)


async def _sound(request: web.Request) -> web.Response:
    shelf, key = request.app[DESK].shelf, request.match_info["key"]
    secret = shelf.is_secret(key)
    content = shelf.take(key)
    if content is None:
        raise refused(404, "Este som já passou.")
    return _wav(content, cache="no-store" if secret else FOR_EVER)


async def _recording(request: web.Request) -> web.Response:
    recording = request.app[DESK].exchange.recordings.get(request.match_info["sid"])
    if recording is None or recording.status not in ("completed", "stopped"):
        raise refused(404, "Esta gravação não existe.")
    return _wav(recording.wav(), cache="no-store")


def _wav(content: bytes, *, cache: str) -> web.Response:
    return web.Response(body=content, content_type="audio/wav", headers={"Cache-Control": cache})
