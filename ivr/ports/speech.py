"""Recognising speech: what is listened for, what was heard, and an engine that tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ivr.flow.events import Speech
from ivr.ports.errors import PortError

Encoding = Literal["mulaw", "pcm16"]
"""``mulaw``: G.711, one byte a sample. ``pcm16``: little-endian, two bytes a sample."""
GrammarKind = Literal["digits", "yes_no", "words", "free"]


class SpeechError(PortError):
    """The engine cannot listen; the call goes on with the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What a node listens for. The words that hold everywhere ("atendente") always count.

    ``digits``: a number of ``length`` digits, 0 for any. ``words``: ``phrases`` of a flow file or
    of the services, or a number. ``free``: anything, for a transcript. Never built from input.
    """

    kind: GrammarKind
    length: int = 0
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word with its confidence, 0 to 1, and its place in the audio, in seconds."""

    text: str = field(repr=False)
    confidence: float
    start: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Words so far (``final`` false) or of a piece of speech that ended.

    ``confidence``: 0 to 1, None when the engine tells none. ``foreign``: words that stand for
    nothing that was listened for; they are in neither ``text`` nor ``words``.
    """

    text: str = field(default="", repr=False)
    final: bool = True
    confidence: float | None = None
    words: tuple[HeardWord, ...] = field(default=(), repr=False)
    foreign: int = 0

    def event(self) -> Speech | None:
        """What the flow gets, as from a Gather; None when nothing was said.

        Foreign words alone are an input that was not understood.
        """
        if not self.text and not self.foreign:
            return None
        return Speech(text=self.text, confidence=self.confidence if self.text else 0.0)


def joined(parts: Sequence[Heard]) -> Heard:
    """Pieces of one answer, said with pauses, as one. The least certain piece tells for all."""
    told = [part.confidence for part in parts if part.text and part.confidence is not None]
    return Heard(
        text=" ".join(part.text for part in parts if part.text),
        confidence=min(told) if told else None,
        words=tuple(word for part in parts for word in part.words),
        foreign=sum(part.foreign for part in parts),
    )


class RecogniserSession(Protocol):
    """One listening of one call. Its calls take turns; they must not run on an event loop."""

    def feed(self, frames: bytes) -> Heard | None:
        """Audio in order. A final result at the end of a piece of speech; a partial one when the
        words so far changed; else None. Raises SpeechError."""
        ...

    def finish(self) -> Heard:
        """No more audio comes: what is left. Raises SpeechError."""
        ...

    def close(self) -> None:
        """Free the engine. Any number of times."""
        ...


class Recogniser(Protocol):
    """An engine. ``takes_audio``: whether sessions may be started at all."""

    @property
    def name(self) -> str:
        """Of the setting ``IVR_SPEECH``."""
        ...

    @property
    def takes_audio(self) -> bool: ...

    def start(
        self, *, grammar: Grammar, rate: int, encoding: Encoding = "mulaw"
    ) -> RecogniserSession:
        """Listen for ``grammar`` in audio of ``rate`` samples a second. Raises SpeechError."""
        ...
