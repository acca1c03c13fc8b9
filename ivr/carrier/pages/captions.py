"""What a sound says, for who reads along: from the list of prompts that the service publishes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from ivr.carrier.events import PlayStarted
from ivr.carrier.script_texts import Texts, read_manifest
from ivr.carrier.script_words import SECRET, piece_of, prompt_of
from ivr.carrier.transport import ConnectFailed, HttpRequest, ReadFailed, Transport

AGAIN_AFTER = 5.0
"""Seconds before a list that lacks a piece is fetched anew."""
PATIENCE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """``pieces`` that are heard; ``prompt`` the id they belong to ("" for a value's own piece).

    ``secret``: a one-time sound whose words are shown nowhere. ``more``: the prompt has parts
    after this one.
    """

    pieces: tuple[str, ...] = ()
    prompt: str = ""
    text: str = ""
    secret: bool = False
    more: bool = False


class Captions:
    """Fetches each service's list once, and again when a piece is missing from it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[str, Texts] = {}
        self._fetched: dict[str, float] = {}
        self._lock = asyncio.Lock()

    async def of(self, event: PlayStarted, *, base: str) -> Caption:
        """``base``: address of the service, for words that come without an address."""
        if event.kind == "say":
            texts = await self._texts(base, piece="")
            pieces = texts.pieces_in(event.text)
            prompt = next((name for name in map(prompt_of, pieces) if name), "")
            return Caption(pieces=pieces, prompt=prompt, text=event.text)
        if event.kind != "play":
            return Caption(text=event.text)
        piece = piece_of(event.url)
        if piece == SECRET:
            return Caption(pieces=(SECRET,), prompt=SECRET, secret=True)
        if not piece:
            return Caption()
        texts = await self._texts(origin_of(event.url), piece=piece)
        prompt = prompt_of(piece)
        return Caption(
            pieces=(piece,),
            prompt=prompt,
            text=texts.texts.get(piece, ""),
            more=f"{prompt}~{part_of(piece) + 1}" in texts.texts,
        )

    async def _texts(self, base: str, *, piece: str) -> Texts:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            known = self._known.get(base, Texts())
            lacking = not known.texts or (piece and piece not in known.texts)
            if lacking and now - self._fetched.get(base, -AGAIN_AFTER) >= AGAIN_AFTER:
                self._fetched[base] = now
                known = await self._fetch(base) or known
                self._known[base] = known
            return known

    async def _fetch(self, base: str) -> Texts | None:
        request = HttpRequest(
            method="GET", url=f"{base}/prompts/manifest.json", headers={"Accept": "*/*"}
        )
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._transport.send(request, connect=PATIENCE, read=PATIENCE)
            return Texts(read_manifest(answer.body)) if answer.status == 200 else None
        except (TimeoutError, ConnectFailed, ReadFailed, ValueError):
            return None


def origin_of(url: str) -> str:
    """Scheme and host, and any path before ``/prompts/`` or ``/voice/``."""
    parts = urlsplit(url)
    path = parts.path
    for mark in ("/prompts/", "/voice/"):
        path = path.split(mark, 1)[0]
    return f"{parts.scheme}://{parts.netloc}{path if path != parts.path else ''}"


def part_of(piece: str) -> int:
    """Which part of its prompt a piece is, from 0."""
    part = piece.partition("~")[2]
    return int(part) if part.isdigit() else 0


class Bubbles:
    """Tells the pieces of one saying from the next saying's.

    A saying may hold values (``v.…``) and whole other prompts between its own parts.
    """

    def __init__(self) -> None:
        self._prompt = ""
        self._part = 0
        self._more = False

    def begins(self, caption: Caption) -> bool:
        """Whether ``caption`` starts a new saying rather than going on with the last one."""
        piece = caption.pieces[0] if caption.pieces else ""
        own = caption.prompt == self._prompt
        if self._prompt and (piece.startswith("v.") or (self._more and not own)):
            return False
        goes_on = bool(self._prompt) and own and part_of(piece) > self._part
        self._prompt, self._part, self._more = caption.prompt, part_of(piece), caption.more
        return not goes_on

    def interrupted(self) -> None:
        """Something else happened: what comes now is a new saying."""
        self._prompt, self._part, self._more = "", 0, False
