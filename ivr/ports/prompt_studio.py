"""Voices that people record for the prompts: taken in, kept, and given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

RecordingFault = Literal[
    "empty",
    "too_big",
    "no_wav",
    "format",
    "rate",
    "silent",
    "too_short",
    "too_long",
    "too_loud",
    "too_quiet",
    "noisy",
]
"""Why a recording cannot be used."""
MOST_BYTES = 8 * 1024 * 1024
"""Of an uploaded recording: twenty seconds of stereo with 24 bits at 48 kHz are 5.8 MB."""
MOST_SECONDS = 20.0


class RecordingRefused(Exception):
    """The recording cannot be used; nothing was changed. ``facts``: what was measured."""

    def __init__(self, fault: RecordingFault, facts: Mapping[str, float] | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.facts = dict(facts or {})


class StudioError(RuntimeError):
    """The audio could not be made; what was played before is played on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A recording that was looked at and waits to be put in place. ``sha256`` of the upload;
    ``mark`` is the studio's own."""

    piece: str
    sha256: str
    seconds: float
    rate: int
    mark: str


class PromptStudio(Protocol):
    """The recorded voices, and the audio that callers hear."""

    def take(self, piece: str, text: str, sound: bytes) -> Taken:
        """Look at a recording of ``text`` without using it yet. Raises RecordingRefused,
        StudioError."""
        ...

    def use(self, taken: Taken) -> None:
        """Play it from now on; an earlier recording is put by. Raises StudioError."""
        ...

    def drop(self, taken: Taken) -> None:
        """Forget it."""
        ...

    def withdraw(self, piece: str) -> bool:
        """Play the synthetic voice again; the recording is put by. False when no page brought
        one. Raises StudioError."""
        ...

    def uploaded(self) -> frozenset[str]:
        """Pieces whose recording came by the page."""
        ...
