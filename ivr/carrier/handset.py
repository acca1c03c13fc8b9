"""The telephone at the far end of a virtual leg, in the hand of a script, a page or a test."""

from __future__ import annotations

import asyncio
from collections import deque

from ivr.carrier.audio import CHARACTERS_PER_SECOND, RATE, Sound, samples_of
from ivr.carrier.leg import CallLeg, Heard, Key, Outcome, Utterance
from ivr.carrier.line import Line, Listener

KEYS = frozenset("0123456789ABCD*#")
MAX_KEPT_KEYS = 30


class Handset:
    """All methods act at once and return at once; call them in the loop's own thread."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.kept: deque[Heard] = deque()
        self.gone = asyncio.Event()
        self.hung_up_by_carrier = False
        self.decision: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.arrived = asyncio.Event()
        self.playing: Sound | None = None

    def listen(self, *, from_now: bool = False) -> Listener:
        """Follow everything that happens on the line, from its beginning or ``from_now`` on."""
        return self.line.listen(from_now=from_now)

    def press(self, keys: str) -> None:
        """Press each key of ``keys``. Raises ValueError for what no keypad has."""
        if not KEYS.issuperset(keys):
            raise ValueError("a keypad has 0-9, A-D, * and #")
        for digit in keys:
            if sum(isinstance(item, Key) for item in self.kept) < MAX_KEPT_KEYS:
                self._put(Key(digit=digit))

    def speak(self, text: str, confidence: float = 0.9, *, seconds: float | None = None) -> None:
        """Begin to say ``text``; it takes ``seconds``, or 15 characters a second."""
        length = len(text) / CHARACTERS_PER_SECOND if seconds is None else seconds
        self._put(Utterance(text=text, confidence=confidence, seconds=length))

    def speak_wav(self, wav: bytes, *, text: str = "", confidence: float = 0.9) -> None:
        """Begin to say what the WAV (8 kHz, mono, 16 bits) holds. Raises ValueError."""
        samples = samples_of(wav)
        self._put(
            Utterance(
                text=text,
                confidence=confidence,
                seconds=len(samples) / 2 / RATE,
                samples=samples,
            )
        )

    def hang_up(self) -> None:
        """Put the receiver down."""
        self.gone.set()

    def pick_up(self) -> None:
        """Answer a phone that rings."""
        self._decide("answered")

    def decline(self, outcome: Outcome = "busy") -> None:
        """Refuse a phone that rings: busy, rejected or failed."""
        self._decide(outcome)

    def _decide(self, outcome: Outcome) -> None:
        if not self.decision.done():
            self.decision.set_result(outcome)

    def _put(self, heard: Heard) -> None:
        self.kept.append(heard)
        self.arrived.set()


class VirtualLeg:
    """A :class:`~ivr.carrier.leg.CallLeg` with nothing behind it but a :class:`Handset`."""

    def __init__(self, handset: Handset) -> None:
        self.handset = handset

    async def answer(self) -> None:
        return None

    async def ring(self) -> Outcome:
        return await asyncio.shield(self.handset.decision)

    async def play(self, sound: Sound) -> None:
        self.handset.playing = sound
        try:
            await asyncio.sleep(sound.seconds)
        finally:
            self.handset.playing = None

    async def hear(self) -> Heard:
        while not self.handset.kept:
            self.handset.arrived.clear()
            await self.handset.arrived.wait()
        return self.handset.kept.popleft()

    def forget(self, *, keys: bool) -> None:
        kept = [] if keys else [item for item in self.handset.kept if isinstance(item, Key)]
        self.handset.kept.clear()
        self.handset.kept.extend(kept)

    async def join(self, other: CallLeg) -> None:
        await asyncio.Event().wait()

    async def left(self) -> None:
        await self.handset.gone.wait()

    async def hang_up(self) -> None:
        self.handset.hung_up_by_carrier = True
