"""One turn of a stream: prompts, then keys or words, until there is an event for the flow.

As a Gather does it (twilio.com/docs/voice/twiml/gather), with two differences that help who
speaks in a noisy place: a key beats words that have no end yet, and a prompt is cut by words, never
by sound alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.flow.events import Digits, NoInput, Speech
from ivr.ports.speech import Heard
from ivr.service.stream.keys import KeyCollector
from ivr.service.stream.listening import MOST_MS, Listening
from ivr.service.stream.playing import Playing
from ivr.service.streams import StreamTurn

Input = Digits | Speech | NoInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do now. ``clear``: drop what is not played yet. ``finish``: ask the engine for the
    rest of what was said, then :meth:`Question.rest`. ``event``: the question is answered."""

    clear: bool = False
    finish: bool = False
    event: Input | None = None


NOTHING = Step()


class Question:
    """``says_ms``, ``prompt_ms``: length of the two runs of prompts. ``hears``: whether there is an
    engine that listens."""

    def __init__(
        self, turn: StreamTurn, *, says_ms: float, prompt_ms: float, hears: bool = True
    ) -> None:
        gather = turn.gather
        self.says_mark, self.prompt_mark = f"{turn.turn}-says", f"{turn.turn}-ask"
        self._hears = hears and gather.mode != "keys"
        self._timeout = 1000.0 * max(1, gather.timeout)
        self._keys = KeyCollector(digits=gather.digits, finish=gather.finish)
        self._words = Listening(gather=gather)
        self._at = 0.0
        self._says = Playing(self.says_mark, ms=says_ms, at=0)
        self._prompts = Playing(self.prompt_mark, ms=says_ms + prompt_ms, at=0)
        self._quiet_since: float | None = None
        """When the time for an answer began; None while a prompt is played."""
        if says_ms <= 0:
            self._says.cut()
        if prompt_ms <= 0:
            self._prompts.cut()
        self._follow()

    @property
    def asking(self) -> bool:
        """Whether what the caller does counts; during what must be heard it does not."""
        return self._says.over

    @property
    def listens(self) -> bool:
        """Whether the engine is to get the sound. After a key it no longer counts."""
        return self.asking and self._hears and not self._keys.begun

    def sound(self, ms: float, heard: Heard | None = None) -> Step:
        """So much sound went by, of which the engine told this."""
        self._at += ms
        self._says.overdue(self._at)
        self._prompts.overdue(self._at)
        self._follow()
        if not self.asking:
            return NOTHING
        if self._keys.begun:
            return self._after(Step(event=self._keys.timed_out()), self._timeout)
        if self._hears:
            self._words.take(heard, self._at)
            if not self._prompts.over:
                self._words.forget_noise()
            if self._words.done(self._at):
                clear = self._cut()
                if self._words.ended:
                    return Step(clear=clear, event=self._words.result(Heard()))
                return Step(clear=clear, finish=True)
            if not self._prompts.over and self._words.interrupts(self._at):
                return Step(clear=self._cut())
            if self._words.speaking:
                return NOTHING
        silence = Step(finish=True) if self._hears else Step(event=NoInput())
        return self._after(silence, min(self._timeout, MOST_MS))

    def key(self, digit: str) -> Step:
        """A key was pressed."""
        if not self.asking:
            return NOTHING
        event = self._keys.press(digit)
        clear = self._cut()
        self._quiet_since = self._at
        return Step(clear=clear, event=event)

    def mark(self, name: str) -> Step:
        """A mark came back."""
        self._says.reached(name)
        self._prompts.reached(name)
        self._follow()
        return NOTHING

    def rest(self, heard: Heard) -> Input | None:
        """The event, with what the engine had left. None when it was noise that sounded like words
        for a moment: then a fresh engine listens on."""
        event = self._words.result(heard)
        if not isinstance(event, NoInput) or self._words.expired(self._at):
            return event
        waited = self._quiet_since is not None and self._at - self._quiet_since >= self._timeout
        return event if waited else None

    def _after(self, step: Step, ms: float) -> Step:
        if self._quiet_since is None or self._at - self._quiet_since < ms:
            return NOTHING
        return step

    def _cut(self) -> bool:
        """Whether a prompt is to be cleared; the time for an answer runs from here."""
        playing = not self._prompts.over
        self._prompts.cut()
        self._follow()
        return playing

    def _follow(self) -> None:
        if self._says.over and self._prompts.over and self._quiet_since is None:
            self._quiet_since = self._at
