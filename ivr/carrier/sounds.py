"""Fetches the files that <Play> names, and keeps them by address and ETag.

The requests carry no call fields and no signature.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from ivr.carrier.audio import Sound, duration
from ivr.carrier.transport import ConnectFailed, HttpRequest, HttpResponse, ReadFailed, Transport
from ivr.carrier.webhook import MAX_REDIRECTS

TYPES = frozenset(
    {
        "audio/mpeg",
        "audio/wav",
        "audio/wave",
        "audio/x-wav",
        "audio/aiff",
        "audio/x-aifc",
        "audio/x-aiff",
        "audio/gsm",
        "audio/x-gsm",
        "audio/ulaw",
        "audio/basic",
    }
)
MEDIA_SECONDS = 15.0


class NotFetched(Exception):
    """``status`` is the HTTP status, 0 when nothing answered."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the sound could not be fetched ({status})")
        self.status = status


class NotAudio(Exception):
    """The answer is no sound that can be played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    sound: Sound
    etag: str
    until: float


class Sounds:
    """Shared by all calls of an exchange."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._kept: dict[str, _Kept] = {}

    async def fetch(self, url: str) -> tuple[Sound, int | None]:
        """The sound and the HTTP status (None = not asked again). Raises NotFetched, NotAudio."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(url)
        if kept is not None and now < kept.until:
            return kept.sound, None
        response = await self._get(url, etag=kept.etag if kept is not None else "")
        if response.status == 304 and kept is not None:
            self._keep(url, kept.sound, kept.etag, response, now)
            return kept.sound, 304
        if response.status != 200:
            raise NotFetched(response.status)
        if response.content_type not in TYPES:
            raise NotAudio(response.content_type)
        try:
            seconds = duration(response.body, response.content_type)
        except ValueError as failure:
            raise NotAudio(response.content_type) from failure
        sound = Sound(kind="play", seconds=seconds, url=url, content=response.body)
        self._keep(url, sound, response.headers.get("etag", ""), response, now)
        return sound, 200

    def _keep(self, url: str, sound: Sound, etag: str, response: HttpResponse, now: float) -> None:
        control = response.headers.get("cache-control", "").lower()
        age = re.search(r"max-age=(\d{1,9})", control)
        if "no-store" in control:
            self._kept.pop(url, None)
            return
        fresh = 0.0 if age is None or "no-cache" in control else float(age.group(1))
        if etag or fresh:
            self._kept[url] = _Kept(sound=sound, etag=etag, until=now + fresh)

    async def _get(self, url: str, *, etag: str) -> HttpResponse:
        headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "audio/*"}
        if etag:
            headers["If-None-Match"] = etag
        target = urldefrag(url)[0]
        try:
            async with asyncio.timeout(MEDIA_SECONDS):
                for _ in range(MAX_REDIRECTS + 1):
                    response = await self._transport.send(
                        HttpRequest(method="GET", url=target, headers=headers),
                        connect=5.0,
                        read=MEDIA_SECONDS,
                    )
                    location = response.headers.get("location")
                    if response.status not in (301, 302, 303, 307, 308) or not location:
                        return response
                    target = urljoin(target, location)
        except (TimeoutError, ConnectFailed, ReadFailed) as failure:
            raise NotFetched(0) from failure
        raise NotFetched(0)
