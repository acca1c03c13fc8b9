"""What a server sent to be heard, played 20 ms at a time, with its marks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.carrier.media.known import KnownSounds
from ivr.carrier.media.mulaw import FRAME, RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Sound that is one prompt, or without a gap; ``url`` "" when it is none that is known."""

    url: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Playback:
    """``began`` and ``ended`` hear of each run; ``ended`` with whether it was cut short."""

    known: KnownSounds
    began: Callable[[Run], None]
    ended: Callable[[Run, bool], None]
    _waiting: deque[bytes | str] = field(default_factory=deque)
    """Sound as it came, and names of marks."""
    _left: int = 0
    """Bytes of the run that are still to play, when its length is known."""
    _run: Run | None = None
    _bytes: int = 0

    @property
    def seconds(self) -> float:
        """How long what waits will play."""
        return self._bytes / RATE

    def add(self, mulaw: bytes) -> None:
        if mulaw:
            self._waiting.append(mulaw)
            self._bytes += len(mulaw)

    def mark(self, name: str) -> None:
        self._waiting.append(name)

    def clear(self) -> list[str]:
        """Drop all that waits; the marks that were in it."""
        marks = [item for item in self._waiting if isinstance(item, str)]
        cut = self._bytes > 0
        self._waiting.clear()
        self._bytes = 0
        self._end(cut=cut)
        return marks

    def reached(self) -> list[str]:
        """Marks with nothing to play before them."""
        marks = []
        while self._waiting and isinstance(self._waiting[0], str):
            marks.append(self._waiting.popleft())
        return [mark for mark in marks if isinstance(mark, str)]

    def frame(self) -> bytes:
        """The next 20 ms, shorter when not so much is there, b"" when nothing waits."""
        frame = b""
        while len(frame) < FRAME and self._waiting:
            item = self._waiting[0]
            if isinstance(item, str):
                break
            if self._left <= 0:
                self._begin()
            wanted = FRAME - len(frame)
            if self._run is not None and self._run.url:
                wanted = min(wanted, self._left)
            piece, rest = item[:wanted], item[wanted:]
            frame += piece
            self._left -= len(piece)
            self._bytes -= len(piece)
            if rest:
                self._waiting[0] = rest
            else:
                self._waiting.popleft()
        if not frame:
            self._end(cut=False)
        return frame

    def _begin(self) -> None:
        """A run begins at what waits first."""
        sound = [item for item in self._waiting if isinstance(item, bytes)]
        found = self.known.find(sound)
        if found is None and self._run is not None and not self._run.url:
            return
        self._end(cut=False)
        if found is None:
            self._run = Run(url="", seconds=self.seconds)
        else:
            self._run = Run(url=found.url, seconds=found.length / RATE)
            self._left = found.length
        self.began(self._run)

    def _end(self, *, cut: bool) -> None:
        if self._run is not None:
            run, self._run, self._left = self._run, None, 0
            self.ended(run, cut)
