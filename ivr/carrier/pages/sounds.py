"""Keeps the very sounds that a line plays, so that a browser can play them too."""

from __future__ import annotations

import array
import asyncio
import hashlib
import math
import secrets
from collections import OrderedDict

from ivr.carrier.audio import RATE, wav
from ivr.carrier.events import LineEvent, PlayStarted
from ivr.carrier.exchange import Exchange
from ivr.carrier.script_words import SECRET, piece_of

MOST_BYTES = 64 * 1024 * 1024
SECRET_SECONDS = 20.0
"""So long may a browser take to fetch a one-time sound."""
TICKS = 50
"""Turns of the event loop between the event and the sound itself."""


class Shelf:
    """Sounds by a key that changes with their content. A one-time sound is given out once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._once: dict[str, bytes] = {}
        self._keys: dict[int, asyncio.Task[str]] = {}
        self._size = 0
        exchange.subscribe(self._see)

    async def key_of(self, event: PlayStarted) -> str:
        """Key of the sound that ``event`` tells of; empty when it was too short to catch."""
        task = self._keys.get(id(event))
        return await asyncio.shield(task) if task is not None else ""

    def take(self, key: str) -> bytes | None:
        """The sound; a one-time sound is gone then."""
        if key in self._once:
            return self._once.pop(key)
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def is_secret(self, key: str) -> bool:
        return key in self._once

    def _see(self, event: LineEvent) -> None:
        if isinstance(event, PlayStarted) and event.kind == "play":
            self._keys[id(event)] = asyncio.ensure_future(self._catch(event))

    async def _catch(self, event: PlayStarted) -> str:
        call = self._exchange.calls.get(event.call)
        for _ in range(TICKS):
            sound = call.handset.playing if call is not None else None
            if sound is not None and sound.url == event.url:
                return self._put(sound.content, secret=piece_of(event.url) == SECRET)
            await asyncio.sleep(0)
        return ""

    def _put(self, content: bytes, *, secret: bool) -> str:
        if secret:
            key = secrets.token_urlsafe(24)
            self._once[key] = content
            asyncio.get_running_loop().call_later(SECRET_SECONDS, self._once.pop, key, None)
            return key
        key = hashlib.sha256(content).hexdigest()[:32]
        if key not in self._kept:
            self._kept[key] = content
            self._size += len(content)
            while self._size > MOST_BYTES and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])
        return key


def _tone(seconds: float, *, hertz: float, silent: float = 0.0, loud: float = 0.2) -> bytes:
    samples = array.array(
        "h",
        (
            round(32_767 * loud * math.sin(2 * math.pi * hertz * n / RATE))
            for n in range(round(seconds * RATE))
        ),
    )
    return wav(samples.tobytes() + bytes(2 * round(silent * RATE)))


def tones() -> dict[str, bytes]:
    """The network's own: ringing (425 Hz, 1 s on, 4 s off, as in Brazil) and Record's beep."""
    return {
        "ring": _tone(1.0, hertz=425, silent=4.0),
        "beep": _tone(0.5, hertz=1_000),
    }
