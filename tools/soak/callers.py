"""The callers: each tells one of the scripted reset stories on a line of the local carrier."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivr.carrier.call import Call
from ivr.carrier.events import Enqueued, HttpExchange, LineEvent
from ivr.carrier.exchange import Exchange
from ivr.carrier.pages.pace import HurriedLeg
from ivr.carrier.script import Script, read_script
from ivr.carrier.script_play import Playing
from ivr.carrier.script_texts import Texts
from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.prompts.segments import Static
from ivr.settings import ROOT

DESK = "+556733183600"
STORIES = ("reset_spoken", "reset_by_link")
QUEUE = "/voice/wait"
"""Where the queue's music comes from: whoever hears it was handed over to a person."""
OWN_MUSIC_S = 1.0
"""After so long in the queue without it, the carrier's own music plays: the service could name no
address, because its database was away."""


@dataclass(kw_only=True)
class Told:
    """What one caller lived through."""

    person: Mapping[str, Any]
    story: str
    sid: str
    heard: Sequence[str]
    problems: Sequence[str]


@dataclass(kw_only=True)
class Seen:
    """What the carrier saw of the service's answers."""

    answered: set[str] = field(default_factory=set)
    """Calls of which at least one webhook was answered."""
    statuses: Counter[int] = field(default_factory=Counter)
    """0: no answer."""
    milliseconds: list[int] = field(default_factory=list)

    def watch(self, event: LineEvent) -> None:
        if isinstance(event, HttpExchange):
            self.statuses[event.status] += 1
            if event.purpose == "document" and event.status == 200:
                self.answered.add(event.call)
                self.milliseconds.append(event.milliseconds)


class Callers:
    """``at_once``: how many lines are busy at the same time. ``patience_s``: seconds after which
    a caller puts the receiver down, whatever happens; in the queue they do so at once."""

    def __init__(
        self, exchange: Exchange, *, prompts: Catalogue, at_once: int, patience_s: float
    ) -> None:
        self.exchange = exchange
        self._patience_s = patience_s
        self.told: list[Told] = []
        self.seen = Seen()
        exchange.subscribe(self.seen.watch)
        self._texts = _FastTexts(_fixed_words(prompts))
        self._lines = asyncio.Semaphore(at_once)
        self._scripts = [read_script(ROOT / "tests" / "calls" / f"{s}.toml") for s in STORIES]
        self._inbox = _InboxByNumber(exchange)

    async def all_call(self, people: Sequence[Mapping[str, Any]]) -> None:
        """One call by each person; the stories take turns."""
        async with asyncio.TaskGroup() as group:
            for number, person in enumerate(people):
                await self._lines.acquire()
                number %= len(STORIES)
                group.create_task(self._one(person, STORIES[number], self._scripts[number]))

    async def _one(self, person: Mapping[str, Any], story: str, script: Script) -> None:
        try:
            call = self.exchange.call(from_=person["mobile"], to=DESK)
            call.leg = HurriedLeg(call.handset)
            call.line.subscribe(lambda event: _leave_the_queue(call, event))
            playing = Playing(
                phone=_Phone(call),
                script=script,
                person=person,
                messages=lambda: self._inbox.bodies(person["mobile"]),
                texts=self._texts,
            )
            try:
                async with asyncio.timeout(self._patience_s):
                    await playing.play()
            except TimeoutError:
                playing.problems.append("out of patience")
            call.handset.hang_up()
            self.told.append(
                Told(
                    person=person,
                    story=story,
                    sid=call.sid,
                    heard=tuple(playing.all_heard),
                    problems=tuple(playing.problems),
                )
            )
        finally:
            self._lines.release()


def _leave_the_queue(call: Call, event: LineEvent) -> None:
    if isinstance(event, HttpExchange) and QUEUE in event.url:
        call.handset.hang_up()
    elif isinstance(event, Enqueued):
        asyncio.get_running_loop().call_later(OWN_MUSIC_S, call.handset.hang_up)


class _Phone:
    def __init__(self, call: Call) -> None:
        self._call = call
        self.press = call.handset.press
        self.speak = call.handset.speak
        self.hang_up = call.handset.hang_up

    def follow(self, see: Callable[[LineEvent], None]) -> None:
        for event in self._call.line.events:
            see(event)
        self._call.line.subscribe(see)


class _FastTexts(Texts):
    """Remembers which prompt a text was: callers hear the same few again and again."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self.pieces_in = functools.lru_cache(4096)(super().pieces_in)  # type: ignore[method-assign]


class _InboxByNumber:
    """The messages of a number, without a walk through everybody's."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._looked_at = 0
        self._by_number: dict[str, list[Any]] = {}

    def bodies(self, number: str) -> list[str]:
        messages = self._exchange.inbox.messages
        if len(messages) > self._looked_at:
            for message in list(messages.values())[self._looked_at :]:
                self._by_number.setdefault(message.to, []).append(message)
            self._looked_at = len(messages)
        return [m.body for m in self._by_number.get(number, ()) if m.sent_at is not None]


def _fixed_words(prompts: Catalogue) -> dict[str, str]:
    """Each prompt's words that never change, by piece."""
    return {
        f"{name}~{number}": segment.text
        for name, prompt in prompts.prompts.items()
        for number, segment in enumerate(prompt.segments)
        if isinstance(segment, Static)
    }
