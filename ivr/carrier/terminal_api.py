"""The carrier's interface for telephones (``/phone/``), as a client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

SECONDS = 20.0


class NotReachable(Exception):
    """No carrier answers at the address. ``str()`` is a line for the person at the terminal."""


class Refused(Exception):
    """The carrier answered, and said no. ``str()`` is a line for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """``people``: invented, with ``key``, ``name``, ``cpf``, ``pin``, ``mobile`` …"""

    people: tuple[Mapping[str, Any], ...]
    callers: tuple[Mapping[str, Any], ...]
    to: str

    def person(self, key: str) -> Mapping[str, Any] | None:
        return next((p for p in self.people if p.get("key") == key), None)

    def person_of_number(self, number: str) -> Mapping[str, Any] | None:
        return next((p for p in self.people if number and p.get("mobile") == number), None)


class CarrierApi:
    """Use as ``async with``. Every method raises :class:`NotReachable` and :class:`Refused`."""

    def __init__(self, address: str, *, voice_url: str = "", fast: bool = False) -> None:
        """``voice_url``: what answers its calls, if not the number's own address; ``fast``:
        prompts last a tenth of their time."""
        self.address = address.rstrip("/")
        self._dialling = ({"voice_url": voice_url} if voice_url else {}) | (
            {"fast": True} if fast else {}
        )
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def setup(self) -> Setup:
        answer = await self._json("GET", "/phone/setup")
        if not isinstance(answer, dict):
            raise NotReachable(f"Em {self.address} não responde a operadora de teste.")
        return Setup(
            people=tuple(answer.get("people", ())),
            callers=tuple(answer.get("callers", ())),
            to=str(answer.get("to", "")),
        )

    async def call(self, *, from_: str, to: str = "", faults: Mapping[str, Any] | None) -> str:
        """Dial; the CallSid. ``from_`` is a number or ``withheld``."""
        asked: dict[str, Any] = {"from": from_, **self._dialling}
        if to:
            asked["to"] = to
        if faults:
            asked["faults"] = dict(faults)
        answer = await self._json("POST", "/phone/calls", asked)
        return str(answer["call"])

    async def messages(self) -> list[dict[str, Any]]:
        """All text messages, oldest first."""
        answer = await self._json("GET", "/phone/messages")
        return list(reversed(answer))

    async def texts(self) -> dict[str, str]:
        """Words of each piece of a prompt; empty when the service does not tell them."""
        try:
            answer = await self._json("GET", "/phone/texts")
        except Refused:
            return {}
        pieces = answer.get("pieces", answer) if isinstance(answer, dict) else {}
        return {
            str(piece): str(entry.get("text", ""))
            for piece, entry in pieces.items()
            if isinstance(entry, dict)
        }

    async def speak(self, sid: str, mulaw: bytes) -> None:
        """Say µ-law at 8 kHz on a call."""
        path = f"/phone/calls/{sid}/speech"
        try:
            async with self._session.post(self.address + path, data=mulaw) as answer:
                if answer.status >= 400:
                    raise Refused(f"POST {path}: {answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise NotReachable(self._nobody()) from failure

    async def socket(self, sid: str) -> aiohttp.ClientWebSocketResponse:
        """The line of a call: its events from the beginning."""
        try:
            return await self._session.ws_connect(
                f"{self.address}/phone/calls/{sid}/events", heartbeat=20.0
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise NotReachable(self._nobody()) from failure

    async def _json(self, method: str, path: str, asked: Mapping[str, Any] | None = None) -> Any:
        try:
            async with self._session.request(method, self.address + path, json=asked) as answer:
                status, content = answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise NotReachable(self._nobody()) from failure
        except ValueError as failure:
            raise NotReachable(
                f"Em {self.address} responde outro programa, não a operadora de teste."
            ) from failure
        if status >= 400:
            why = content.get("error", "") if isinstance(content, dict) else ""
            raise Refused(str(why) or f"{method} {path}: {status}")
        return content

    def _nobody(self) -> str:
        return f"Ninguém atende em {self.address}. Ligue tudo com: make run"


class Messages:
    """The text messages since it began, looked at again and again while :meth:`watch` runs."""

    def __init__(self, api: CarrierApi) -> None:
        self._api = api
        self._before: set[str] | None = None
        self.all: list[dict[str, Any]] = []

    async def begin(self) -> None:
        """What is there already does not count."""
        self._before = {_mark(message) for message in await self._api.messages()}

    async def look(self) -> list[dict[str, Any]]:
        """What has come since the last look, oldest first."""
        known = (self._before or set()) | {_mark(message) for message in self.all}
        new = [
            message
            for message in await self._api.messages()
            if _mark(message) not in known and message.get("status") not in ("queued", "accepted")
        ]
        self.all += new
        return new

    def bodies(self, number: str) -> list[str]:
        """To one number, oldest first."""
        return [str(m.get("body", "")) for m in self.all if number and m.get("to") == number]

    async def watch(self, every: float = 0.4) -> None:
        """Look without end; a look that fails is tried again."""
        while True:
            with contextlib.suppress(NotReachable, Refused):
                await self.look()
            await asyncio.sleep(every)


def _mark(message: Mapping[str, Any]) -> str:
    return str(message.get("sid") or f"{message.get('at')} {message.get('to')}")
