"""The line of a call far away, over a WebSocket, as a telephone for people and for scripts."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import aiohttp

from ivr.carrier import events
from ivr.carrier.events import LineClosed, LineEvent, as_dict
from ivr.carrier.media.mulaw import encoded
from ivr.carrier.terminal_api import CarrierApi, NotReachable, Refused

TRIES = 5
MAX_KEYS = 64
"""The most keys that the carrier takes at once."""

_KINDS: dict[str, type[LineEvent]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, LineEvent) and kind is not LineEvent
}


def read_event(told: Mapping[str, Any]) -> LineEvent | None:
    """The event that :func:`~ivr.carrier.events.as_dict` told; None for a kind not known here."""
    kind = _KINDS.get(str(told.get("event")))
    if kind is None:
        return None
    names = {each.name for each in fields(kind)}
    values = {name: value for name, value in told.items() if name in names}
    try:
        values["at"] = datetime.fromisoformat(str(told.get("at")))
        return kind(**values)
    except (TypeError, ValueError):
        return None


def without_secrets(event: LineEvent) -> dict[str, Any]:
    """As a dict, without the token in the address of a spelled password."""
    shown = as_dict(event)
    if "url" in shown:
        shown["url"] = re.sub(r"(/audio/secret/)[^?#]+", r"\1…", str(shown["url"]))
    return shown


class RemoteLine:
    """A :class:`~ivr.carrier.script_play.Phone`. What it does goes out in order while it runs.

    ``lost``: the connection broke before the line closed, and did not come back; a LineClosed is
    told then too, so that nobody waits for ever. ``refused`` hears what the carrier did not do.
    """

    def __init__(
        self, api: CarrierApi, sid: str, *, refused: Callable[[str], None] | None = None
    ) -> None:
        self.sid = sid
        self.closed = False
        self.lost = False
        self._api = api
        self._refused = refused or (lambda why: None)
        self._told: list[LineEvent] = []
        self._count = 0
        self._followers: list[Callable[[LineEvent], None]] = []
        self._deeds: asyncio.Queue[dict[str, Any] | bytes] = asyncio.Queue()

    def press(self, keys: str) -> None:
        for start in range(0, len(keys), MAX_KEYS):
            self._deeds.put_nowait({"do": "press", "keys": keys[start : start + MAX_KEYS]})

    def speak(self, text: str, confidence: float = 0.9, *, seconds: float | None = None) -> None:
        self._deeds.put_nowait(
            {"do": "speak", "text": text, "confidence": confidence}
            | ({} if seconds is None else {"seconds": seconds})
        )

    def sound(self, samples: bytes) -> None:
        self._deeds.put_nowait(encoded(samples))

    def hang_up(self) -> None:
        if not self.closed:
            self._deeds.put_nowait({"do": "hang_up"})

    def follow(self, see: Callable[[LineEvent], None]) -> None:
        for event in self._told:
            see(event)
        self._followers.append(see)

    async def run(self) -> None:
        """Returns after the line has closed, or when the carrier is gone."""
        for number in range(TRIES):
            try:
                socket = await self._api.socket(self.sid)
            except NotReachable:
                await asyncio.sleep(0.2 * (number + 1))
                continue
            try:
                await self._connected(socket)
            finally:
                await socket.close()
            if self.closed:
                return
        self.lost = True
        self._tell(LineClosed(at=datetime.now(UTC), call=self.sid))

    async def _connected(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        sending = asyncio.ensure_future(self._send(socket))
        place = 0
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                told = json.loads(message.data)
                if told.get("event") == "refused":
                    self._refused(str(told.get("why", "")))
                event = read_event(told)
                if event is None:
                    continue
                place += 1
                if place > self._count:
                    self._count = place
                    self._tell(event)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            deed = await self._deeds.get()
            if isinstance(deed, bytes):
                try:
                    await self._api.speak(self.sid, deed)
                except (NotReachable, Refused) as failure:
                    self._refused(str(failure))
                continue
            try:
                await socket.send_json(deed)
            except ConnectionError:
                return

    def _tell(self, event: LineEvent) -> None:
        self._told.append(event)
        self.closed = self.closed or isinstance(event, LineClosed)
        for follower in tuple(self._followers):
            follower(event)
