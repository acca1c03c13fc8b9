"""Learns the service's prompts by their sound, before the first media stream opens."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

from ivr.carrier.audio import samples_of
from ivr.carrier.media.known import KnownSounds
from ivr.carrier.media.mulaw import encoded
from ivr.carrier.transport import ConnectFailed, HttpRequest, ReadFailed, Transport

MANIFEST = "/prompts/manifest.json"
AT_ONCE = 12
WAIT = 5.0
PATIENCE = 2.0
"""Seconds for which a stream waits until all is learned; what comes later counts later."""
_MULAW = 7


class Learning:
    """``service``: an address of the service, to whose root the list of prompts belongs.

    The requests hold no call fields and no signature, as those of <Play>.
    """

    def __init__(self, *, transport: Transport, service: str, known: KnownSounds) -> None:
        self._transport = transport
        self._service = service
        self._known = known
        self._task: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Returns when everything is known, or after :data:`PATIENCE`."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._learn())
        await asyncio.wait({self._task}, timeout=PATIENCE)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _learn(self) -> None:
        pieces = _names(await self._get(MANIFEST))
        places = asyncio.Semaphore(AT_ONCE)

        async def one(piece: str) -> None:
            path = f"/prompts/{quote(piece)}.wav"
            async with places:
                content = await self._get(path)
            self._known.add(urljoin(self._service, path), mulaw_in(content))

        await asyncio.gather(*(one(piece) for piece in pieces))

    async def _get(self, path: str) -> bytes:
        """The answer; b"" when there is none."""
        try:
            response = await self._transport.send(
                HttpRequest(method="GET", url=urljoin(self._service, path)),
                connect=WAIT,
                read=WAIT,
            )
        except (ConnectFailed, ReadFailed):
            return b""
        return response.body if response.status == 200 else b""


def _names(content: bytes) -> list[str]:
    try:
        listed: Any = json.loads(content)
    except (ValueError, RecursionError):
        return []
    return list(listed) if isinstance(listed, Mapping) else []


def mulaw_in(wav: bytes) -> bytes:
    """The samples of a telephone WAV, µ-law or 16 bits at 8 kHz; b"" of anything else."""
    at, form = 12, 0
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        return b""
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        if name == b"fmt " and at + 24 <= len(wav):
            form = struct.unpack_from("<H", wav, at + 8)[0]
        elif name == b"data" and form == _MULAW:
            return wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    try:
        return encoded(samples_of(wav))
    except ValueError:
        return b""
