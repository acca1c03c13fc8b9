"""Prompts that are known by their sound, so that a line can tell which one a stream plays.

A media stream carries samples only. The service's own list of prompts names the files; the
carrier fetches them as it fetches what <Play> names, and compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BEGINNING = 800
"""Bytes, a tenth of a second, by which a sound is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSound:
    """``mulaw``: all of its samples."""

    url: str
    mulaw: bytes = field(repr=False)

    @property
    def length(self) -> int:
        return len(self.mulaw)


class KnownSounds:
    """Grows while it is used. For one event loop."""

    def __init__(self, sounds: Mapping[str, bytes] | None = None) -> None:
        self._found: dict[bytes, list[KnownSound]] = {}
        self._urls: set[str] = set()
        for url, mulaw in (sounds or {}).items():
            self.add(url, mulaw)

    def __contains__(self, url: str) -> bool:
        return url in self._urls

    def add(self, url: str, mulaw: bytes) -> None:
        """``mulaw``: the samples of the sound at ``url``."""
        if mulaw and url not in self._urls:
            self._urls.add(url)
            same = self._found.setdefault(mulaw[:BEGINNING], [])
            same.append(KnownSound(url=url, mulaw=mulaw))
            same.sort(key=lambda each: -each.length)

    def find(self, pieces: Sequence[bytes]) -> KnownSound | None:
        """The longest known sound that ``pieces`` begin with; if there is none, one that begins
        with all of ``pieces``: the rest of it may be on its way."""
        whole = b""
        rest = iter(pieces)
        while len(whole) < BEGINNING and (piece := next(rest, b"")):
            whole += piece
        candidates = self._candidates(whole)
        longest = max((each.length for each in candidates), default=0)
        while len(whole) < longest and (piece := next(rest, b"")):
            whole += piece
        for sound in candidates:
            if whole.startswith(sound.mulaw):
                return sound
        for sound in candidates:
            if len(whole) >= BEGINNING and sound.mulaw.startswith(whole):
                return sound
        return None

    def _candidates(self, beginning: bytes) -> list[KnownSound]:
        if len(beginning) >= BEGINNING:
            found = self._found.get(beginning[:BEGINNING], [])
            if found:
                return found
        return [
            sound
            for start, sounds in self._found.items()
            if len(start) < BEGINNING and beginning.startswith(start)
            for sound in sounds
        ]
