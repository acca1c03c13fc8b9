"""Transcripts of what callers left recorded: the engine that makes them, and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from ivr.ports.queues import RecordingRow
from ivr.ports.speech import HeardWord

LEFT = ("voicemail", "message", "need", "complaint")
"""Purposes of the recordings that callers leave alone; these are transcribed."""
TranscriptState = Literal["made", "failed"]


class Transcriber(Protocol):
    """Free speech of a whole sound into words. It may take minutes: only the worker calls it."""

    @property
    def model(self) -> str:
        """Name of the model, for the page."""
        ...

    def words(self, sound: bytes) -> tuple[HeardWord, ...]:
        """Words of a WAV file, each with its confidence and its place in seconds.

        Raises SpeechError; its reason is a word of ours, never of what was said.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptRow:
    """What was understood of a recording, secrets blotted out (sealed at rest).

    ``words``: of the machine; a blotted one has no confidence. ``confidence``: mean of theirs,
    None when nothing was understood. ``secrets``: places in seconds that must be silent in the
    sound too; ``silenced_at``: when they were. ``text``: a correction, by ``corrected_by``;
    the words stay beside it. ``version``: number of corrections. ``reason``: of a failure.
    """

    recording: str
    made_at: datetime
    state: TranscriptState = "made"
    model: str = ""
    reason: str = ""
    words: tuple[TranscriptWord, ...] = field(default=(), repr=False)
    confidence: float | None = None
    secrets: tuple[tuple[float, float], ...] = ()
    silenced_at: datetime | None = None
    text: str = field(default="", repr=False)
    corrected_by: str = ""
    corrected_at: datetime | None = None
    version: int = 0

    @property
    def heard(self) -> str:
        """The words of the machine as text."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptWord:
    """A word as it is kept. ``confidence`` 0 to 1, None for a blot. ``start`` in seconds."""

    text: str = field(repr=False)
    confidence: float | None
    start: float = 0.0


class Transcripts(Protocol):
    def get(self, recording: str) -> TranscriptRow | None: ...
    def of_recordings(self, recordings: Sequence[str]) -> dict[str, TranscriptRow]:
        """By recording; those without a transcript are not in it."""

    def add(self, row: TranscriptRow) -> bool:
        """False when the recording has one."""

    def silenced(self, recording: str, *, at: datetime) -> bool:
        """Its secrets are silent in the sound. False when they were."""

    def correct(self, recording: str, *, text: str, by: str, at: datetime, version: int) -> bool:
        """Put a correction in place of the one of that version. False when it is another one."""

    def wanting(self, *, since: datetime, limit: int = 100) -> list[RecordingRow]:
        """Sounds that callers left, in our store since then, that nobody was ordered to
        transcribe, oldest first."""
