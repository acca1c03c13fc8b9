"""The telephone at the far end of a virtual leg, in the hand of a script, a page or a test."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from ivr.carrier.audio import CHARACTERS_PER_SECOND, RATE, Sound, samples_of
from ivr.carrier.leg import CallLeg, Heard, Key, Outcome, Utterance
from ivr.carrier.line import Line, Listener
from ivr.carrier.media.mulaw import decoded

KEYS = frozenset("0123456789ABCD*#")
MAX_KEPT_KEYS = 30
MAX_HEARD = 300 * RATE
"""Bytes of the sound of media streams that are kept, five minutes."""

Ear = Callable[[bytes], None]


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
        self.heard = bytearray()
        """What media streams let be heard, µ-law at 8 kHz, the newest five minutes of it."""
        self.background = b""
        """16-bit samples that go round and round behind all that is said into a media stream."""
        self._ears: list[Ear] = []
        self._microphone: list[Ear] = []

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
        self.speak_samples(samples_of(wav), text=text, confidence=confidence)

    def speak_mulaw(self, mulaw: bytes, *, text: str = "", confidence: float = 0.9) -> None:
        """Begin to say what ``mulaw`` holds (8 kHz, no header)."""
        self.speak_samples(decoded(mulaw), text=text, confidence=confidence)

    def speak_samples(self, samples: bytes, *, text: str = "", confidence: float = 0.9) -> None:
        """Begin to say what ``samples`` hold (8 kHz, 16 bits)."""
        self._put(
            Utterance(
                text=text,
                confidence=confidence,
                seconds=len(samples) / 2 / RATE,
                samples=samples,
            )
        )

    def microphone(self, mulaw: bytes) -> None:
        """A piece of live sound, whatever is in it, µ-law at 8 kHz. Lost when nobody listens."""
        for hear in tuple(self._microphone):
            hear(mulaw)

    def live(self, hear: Ear) -> Callable[[], None]:
        """Call ``hear`` with each piece of live sound from now on; the answer ends that."""
        self._microphone.append(hear)
        return lambda: self._microphone.remove(hear)

    def on_sound(self, hear: Ear) -> Callable[[], None]:
        """Call ``hear`` with what media streams let be heard from now on; the answer ends that."""
        self._ears.append(hear)
        return lambda: self._ears.remove(hear)

    def sound(self, mulaw: bytes) -> None:
        """What a media stream lets be heard now."""
        self.heard += mulaw
        if len(self.heard) > MAX_HEARD:
            del self.heard[:-MAX_HEARD]
        for hear in tuple(self._ears):
            hear(mulaw)

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

    def live(self, hear: Ear) -> Callable[[], None]:
        return self.handset.live(hear)

    def sound(self, mulaw: bytes) -> None:
        self.handset.sound(mulaw)

    async def join(self, other: CallLeg) -> None:
        """What both microphones hear; words alone are heard by nobody."""
        forget = [self.live(other.sound), other.live(self.sound)]
        try:
            await asyncio.Event().wait()
        finally:
            for each in forget:
                each()

    async def left(self) -> None:
        await self.handset.gone.wait()

    async def hang_up(self) -> None:
        self.handset.hung_up_by_carrier = True
