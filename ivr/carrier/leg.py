"""One telephone leg, as little as the interpreter needs: a virtual leg now, a SIP leg later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ivr.carrier.audio import Sound

Outcome = Literal["answered", "busy", "failed", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One of 0-9 A-D * #."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Something the far end began to say now and finishes ``seconds`` later."""

    text: str
    confidence: float
    seconds: float
    samples: bytes = field(default=b"", repr=False)
    """16-bit mono at 8 kHz; empty when only the words are known."""


Heard = Key | Utterance


class CallLeg(Protocol):
    """Cancelling a coroutine of a leg stops what it does at once; nothing else stops it."""

    async def answer(self) -> None:
        """Pick up a call that came in."""
        ...

    async def ring(self) -> Outcome:
        """Call out; returns when the far end has decided. Cancelling gives up."""
        ...

    async def play(self, sound: Sound) -> None:
        """Returns when the far end has heard it all."""
        ...

    async def hear(self) -> Heard:
        """The next key, or the beginning of the next utterance; waits without end."""
        ...

    def forget(self, *, keys: bool) -> None:
        """Drop what was said while nothing listened, and with ``keys`` also what was pressed."""
        ...

    def live(self, hear: Callable[[bytes], None]) -> Callable[[], None]:
        """Call ``hear`` with each piece of the sound that the far end's microphone gives from now
        on, µ-law at 8 kHz, some 20 ms each; the answer ends that. No microphone, no calls."""
        ...

    def sound(self, mulaw: bytes) -> None:
        """Let the far end hear this now, µ-law at 8 kHz, some 20 ms."""
        ...

    async def join(self, other: CallLeg) -> None:
        """Carry sound between this leg and ``other`` in both directions, without end."""
        ...

    async def left(self) -> None:
        """Returns when the far end hangs up (at once if it has)."""
        ...

    async def hang_up(self) -> None:
        """End the leg from our side; harmless when it has ended."""
        ...
