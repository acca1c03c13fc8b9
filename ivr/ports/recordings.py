"""Recordings in our own hands: their rows, and the shelf that holds their sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.ports.queues import RecordingRow, RecordingState


class SpoiltError(Exception):
    """A kept sound is not whole: cut, changed, or sealed with another key."""


class TooLongError(Exception):
    """A sound has more bytes than may be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSound:
    """What the shelf knows of a sound. ``size`` in bytes, ``sha256`` of the plain sound."""

    name: str
    size: int
    sha256: str


class RecordingShelf(Protocol):
    """Sounds, sealed at rest, each under a name that cannot be guessed."""

    def put(self, name: str, sound: bytes) -> KeptSound:
        """Keep a sound whole or not at all. Raises TooLongError, OSError."""

    def find(self, name: str) -> KeptSound | None:
        """None when there is none. Raises :class:`SpoiltError`."""

    def check(self, name: str) -> KeptSound:
        """Read all of it and compare its digest. Raises :class:`SpoiltError`."""

    def read(self, name: str, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes from ``start`` up to and without ``stop``. Raises :class:`SpoiltError`."""

    def erase(self, name: str) -> bool:
        """False when there is none. Raises OSError."""


class Recordings(Protocol):
    def get(self, sid: str) -> RecordingRow | None: ...
    def kept(self, sid: str, *, file: str, at: datetime) -> bool:
        """Its sound is in our store. False when it was there already."""

    def deleted(self, sid: str, *, at: datetime) -> bool:
        """It is no longer at the carrier."""

    def give_up(self, sid: str, *, state: RecordingState) -> bool:
        """It cannot be had (``lost``). False when it is kept."""

    def at_carrier(self, *, limit: int = 100) -> list[RecordingRow]:
        """Those that nobody was ordered to fetch, oldest first."""

    def left_messages(self, *, limit: int = 100) -> list[RecordingRow]:
        """Messages that callers left, of tickets that are not closed, oldest first."""
