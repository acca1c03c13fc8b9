"""One call on a media stream: questions spoken and answered until the flow wants something else.

What a caller says or keys is in no log line, no exception and no mark (but in the demonstration,
where the test telephone shows what was understood, and even there no secret).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from ivr.adapters.speech.vocabulary import grammar_of
from ivr.adapters.twilio.media_messages import Key, MarkReached, MediaWriter, Started
from ivr.flow.events import Event, Speech
from ivr.flow.verbs import Gather, Utterance
from ivr.ports.speech import Heard
from ivr.service.stream.pace import BYTES_A_MS
from ivr.service.stream.question import Input, Question, Step
from ivr.service.streams import StreamTurn
from ivr.web.media_ears import Ear, Ears
from ivr.web.media_inbox import Inbox
from ivr.web.media_sounds import Clip

T = TypeVar("T")

SHOWN = 120
"""Characters of what was understood, on the test telephone."""
HIDDEN = "•••"


class Turns(Protocol):
    """The call's turns. Both block, and raise what :mod:`ivr.service.streams` raises."""

    def open(self, *, sid: str, turn: int, token: str) -> StreamTurn | None: ...

    def take(self, *, sid: str, turn: int, event: Event) -> StreamTurn | None: ...


class Sounds(Protocol):
    """Prompts into clips; blocks."""

    def clips(self, speech: tuple[Utterance, ...]) -> list[Clip]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What all streams of a process share. ``show``: tell the test telephone what was heard."""

    turns: Turns
    sounds: Sounds
    ears: Ears
    threads: Executor
    show: bool = False


@dataclass(slots=True)
class MediaCall:
    """``send``: messages to the carrier, in order; never blocks."""

    engine: Engine
    started: Started
    inbox: Inbox
    send: Callable[[list[bytes]], None]
    taken: int = field(init=False, default=0)
    """Turns that were taken by this stream."""
    _writer: MediaWriter = field(init=False)

    def __post_init__(self) -> None:
        self._writer = MediaWriter(self.started.stream_sid)

    async def run(self) -> str:
        """Until the stream is to be closed; a word for the log that tells why.

        Raises SpeechError, NoSoundError, BusyError, StoreUnavailableError: the stream is of no
        use, and the call goes on without it.
        """
        sid, turn = self.started.call_sid, self.started.turn
        opened = partial(self.engine.turns.open, sid=sid, turn=turn, token=self.started.token)
        now = await self._blocking(opened)
        if now is None:
            return "refused"
        while now is not None:
            event = await self._ask(now)
            self.inbox.shut()
            self._show(event, now.gather)
            take = partial(self.engine.turns.take, sid=sid, turn=now.turn, event=event)
            del event
            now = await self._blocking(take)
            self.taken += 1
        return "served"

    async def _ask(self, turn: StreamTurn) -> Input:
        says = [u for say in turn.says for u in say.speech]
        before, prompts = await self._blocking(
            lambda: (
                self.engine.sounds.clips(tuple(says)),
                self.engine.sounds.clips(turn.gather.speech),
            )
        )
        grammar = grammar_of(turn.gather)
        question = Question(
            turn,
            says_ms=sum(clip.ms for clip in before),
            prompt_ms=sum(clip.ms for clip in prompts),
            hears=grammar is not None,
        )
        self.inbox.forget()
        self._speak(before, question.says_mark)
        self._speak(prompts, question.prompt_mark)
        ear: Ear | None = None
        try:
            while True:
                step, batch = Step(), await self.inbox.next()
                if isinstance(batch, Key):
                    step = question.key(batch.digit)
                elif isinstance(batch, MarkReached):
                    step = question.mark(batch.name)
                else:
                    heard: Heard | None = None
                    if question.listens and grammar is not None:
                        if ear is None:
                            ear = await self.engine.ears.listen(grammar)
                        heard = await ear.feed(batch)
                    step = question.sound(len(batch) / BYTES_A_MS, heard)
                if step.clear:
                    self.send([self._writer.clear])
                event = step.event
                if step.finish:
                    event = question.rest(await ear.finish() if ear else Heard())
                    if event is None and ear is not None:
                        ear.close()
                        ear = None
                if event is not None:
                    return event
        finally:
            if ear is not None:
                ear.close()

    def _speak(self, clips: list[Clip], mark: str) -> None:
        if clips:
            sound = self._writer.sound
            messages = [sound(payload) for clip in clips for payload in clip.payloads]
            self.send([*messages, self._writer.mark(mark)])

    def _show(self, event: Input, gather: Gather) -> None:
        if self.engine.show and isinstance(event, Speech) and event.text:
            text = HIDDEN if gather.secret else event.text[:SHOWN]
            self.send([self._writer.mark(f"ouvi:{text}")])

    async def _blocking(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.engine.threads, call)
