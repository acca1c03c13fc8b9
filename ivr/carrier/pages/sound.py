"""What a call lets be heard, for a page of the same origin: the sounds, and their words."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import urljoin

from aiohttp import web

from ivr.carrier.audio import Sound
from ivr.carrier.call import Call
from ivr.carrier.events import PlayStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.sounds import NotAudio, NotFetched
from ivr.carrier.transport import ConnectFailed, HttpRequest, ReadFailed

MANIFEST = "/prompts/manifest.json"
FRESH = 5.0
"""Seconds in which the manifest is not asked for again."""
WAIT = 5.0
SECRET = "/audio/secret/"


class Texts:
    """The service's list of prompts, kept by ETag. Public words, and no form field is sent."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._etag = ""
        self._texts: dict[str, Any] | None = None
        self._until = 0.0

    async def answer(self, request: web.Request) -> web.Response:
        """The manifest; 502 when the service does not give one."""
        texts = await self._fetch()
        if texts is None:
            return web.json_response(
                {"error": "O serviço de atendimento não respondeu com os textos."}, status=502
            )
        return web.json_response(texts)

    async def _fetch(self) -> dict[str, Any] | None:
        now = asyncio.get_running_loop().time()
        if self._texts is not None and now < self._until:
            return self._texts
        headers = {"If-None-Match": self._etag} if self._texts is not None and self._etag else {}
        try:
            async with asyncio.timeout(WAIT):
                response = await self._exchange.transport.send(
                    HttpRequest(method="GET", url=self._url(), headers=headers),
                    connect=WAIT,
                    read=WAIT,
                )
        except (TimeoutError, ConnectFailed, ReadFailed):
            return None
        if response.status == 304 and self._texts is not None:
            self._until = now + FRESH
            return self._texts
        texts = _object(response.body) if response.status == 200 else None
        if texts is not None:
            self._texts, self._etag = texts, response.headers.get("etag", "")
            self._until = now + FRESH
        return texts

    def _url(self) -> str:
        return urljoin(self._exchange.route.voice.url, MANIFEST)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


async def sound_of_call(exchange: Exchange, request: web.Request) -> web.Response:
    """The sound at ``url``, if the call with the SID ``call`` has played just that."""
    call = exchange.calls.get(request.query.get("call", ""))
    url = request.query.get("url", "")
    if call is None or not url or not _has_played(call, url):
        return web.json_response({"error": "Esta chamada não toca este som."}, status=404)
    sound = call.handset.playing
    if sound is None or sound.url != url:
        if SECRET in url:
            return web.json_response({"error": "Este som só se ouve uma vez."}, status=404)
        try:
            sound, _ = await exchange.wire.sounds.fetch(url)
        except (NotFetched, NotAudio):
            return web.json_response({"error": "O serviço não entregou este som."}, status=502)
    return ranged(request, sound.content, _type_of(sound))


def _has_played(call: Call, url: str) -> bool:
    return any(isinstance(event, PlayStarted) and event.url == url for event in call.line.events)


def _type_of(sound: Sound) -> str:
    marks = {b"RIFF": "audio/wav", b"FORM": "audio/aiff", b".snd": "audio/basic"}
    return marks.get(sound.content[:4], "audio/mpeg")


def ranged(request: web.Request, content: bytes, content_type: str) -> web.Response:
    """``content``, or the one part that the Range header asks for."""
    headers = {"Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", request.headers.get("Range", ""))
    if asked is None:
        return web.Response(body=content, content_type=content_type, headers=headers)
    start = int(asked[1])
    end = min(int(asked[2] or len(content)), len(content) - 1)
    if start > end:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return web.Response(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return web.Response(
        status=206, body=content[start : end + 1], content_type=content_type, headers=headers
    )
