"""Words of one question: when a caller has begun to speak, and when they are done."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.flow.events import NoInput, Speech
from ivr.flow.verbs import Gather
from ivr.ports.speech import Heard, joined
from ivr.service.stream.whole import is_whole

BARGE_IN_MS = 200
"""Words must stand so long before they stop a prompt: a click or a breath makes some too."""
PAUSE_MS = 1_200
"""After a piece of speech that answers nothing yet: with the half second of the engine's own end,
as long as the carrier's Gather waits."""
STUCK_MS = 2_500
"""Words that change no more and still have no end: noise keeps the engine from hearing one."""
MOST_MS = 60_000
"""Of listening, as in a Gather: music ends here."""


@dataclass(slots=True, kw_only=True)
class Listening:
    """``at`` everywhere: milliseconds of the caller's sound since the question began."""

    gather: Gather
    _parts: list[Heard] = field(default_factory=list, repr=False)
    _partial: str = field(default="", repr=False)
    _whole: bool = False
    _since: float = 0.0
    """When words first stood in the present piece of speech."""
    _changed: float = 0.0
    _began: float | None = None

    def take(self, heard: Heard | None, at: float) -> None:
        """What the engine told of the sound up to ``at``."""
        if heard is None:
            return
        if heard.final:
            self._partial = ""
            if heard.text or heard.foreign:
                self._parts.append(heard)
                self._whole = is_whole(joined(self._parts).text, self.gather)
                self._began = at if self._began is None else self._began
                self._changed = at
            return
        if heard.text and not self._partial:
            self._since = at
        self._partial = heard.text
        self._changed = at
        if heard.text and self._began is None:
            self._began = at

    @property
    def speaking(self) -> bool:
        """Whether words stand that have no end yet, or that may go on."""
        return bool(self._partial or self._parts)

    @property
    def ended(self) -> bool:
        """Whether the engine has told all that was said: it need not be asked for a rest."""
        return not self._partial

    def interrupts(self, at: float) -> bool:
        """Whether the caller speaks over the prompt: words, not mere noise."""
        if any(part.text for part in self._parts):
            return True
        return bool(self._partial) and at - self._since >= BARGE_IN_MS

    def forget_noise(self) -> None:
        """Drop sound that was no word: over a prompt it is no answer."""
        if not any(part.text for part in self._parts):
            self._parts, self._whole = [], False

    def done(self, at: float) -> bool:
        """Whether the caller has said what they want to say."""
        if self.expired(at):
            return True
        if self._partial:
            return at - self._changed >= STUCK_MS
        if not self._parts:
            return False
        if at - self._changed >= PAUSE_MS:
            return True
        return self._whole

    def expired(self, at: float) -> bool:
        """Whether it went on for as long as it may."""
        return self._began is not None and at - self._began >= MOST_MS

    def result(self, rest: Heard) -> Speech | NoInput:
        """What was said in all, with what the engine had left."""
        parts = [*self._parts, rest]
        self._parts, self._partial, self._whole = [], "", False
        return joined(parts).event() or NoInput()
