"""Play a script on a line: wait for what must be heard, do what the caller does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ivr.carrier.call import Call
from ivr.carrier.events import (
    GatherEnded,
    GatherStarted,
    HttpExchange,
    HungUp,
    LineClosed,
    LineEvent,
    PlayStarted,
    RecordStarted,
)
from ivr.carrier.exchange import Exchange
from ivr.carrier.faults import Faults
from ivr.carrier.script import WITHHELD, BadScript, Ends, Script, Step
from ivr.carrier.script_words import (
    fill,
    newest_code,
    own_values,
    piece_of,
    prompt_of,
    protocol_in,
)

ACROSS_A_STEP = 0.3
"""Seconds that a caller takes to react."""


@dataclass(slots=True)
class ScriptResult:
    """``problems``: expectations that were not met, each with its step. ``heard``: prompt ids."""

    story: str
    call: Call
    problems: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every expectation was met."""
        return not self.problems


async def run_script(
    script: Script,
    exchange: Exchange,
    people: Sequence[Mapping[str, Any]],
    *,
    to: str,
    messages: Callable[[str], Sequence[str]] | None = None,
) -> ScriptResult:
    """Place the call and play the story. Raises :class:`BadScript` for an unknown person.

    ``messages``: bodies of the text messages to a number, oldest first; default: the inbox.
    """
    person = _person(script, people)
    caller = script.caller or str(person.get("mobile") or "")
    inbox = messages or (lambda number: [m.body for m in exchange.inbox.received_by(number)])
    try:
        faults = replace(exchange.faults, **script.faults) if script.faults else None
    except TypeError:
        raise BadScript(f"faults: known are {', '.join(Faults.__dataclass_fields__)}") from None
    call = exchange.call(from_=WITHHELD if caller == "withheld" else caller, to=to, faults=faults)
    playing = _Playing(call=call, script=script)
    mobile = str(person.get("mobile") or "")
    values = {
        **own_values(person),
        "sms_code": lambda: newest_code(inbox(mobile)),
        "protocol": lambda: protocol_in(playing.pieces),
    }
    await playing.play(values)
    result = ScriptResult(
        story=script.story, call=call, problems=playing.problems, heard=playing.all_heard
    )
    if result.ok and script.ends.sms:
        result.problems += _messages(script.ends, inbox(mobile))
    return result


def _person(script: Script, people: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if not script.person:
        return {}
    for person in people:
        if person.get("key") == script.person:
            return person
    known = ", ".join(str(p.get("key")) for p in people)
    raise BadScript(f"person: {script.person!r} is none of: {known}")


def _messages(ends: Ends, bodies: Sequence[str]) -> list[str]:
    rest = list(bodies)
    for word in ends.sms:
        while rest and word not in rest[0]:
            rest.pop(0)
        if not rest:
            return [f"end: no message with {word!r} after the ones before it"]
        rest.pop(0)
    return []


class _Playing:
    """One script on one line. ``heard`` is reset at each step."""

    def __init__(self, *, call: Call, script: Script) -> None:
        self.call = call
        self.script = script
        self.problems: list[str] = []
        self.pieces: list[str] = []
        self.all_heard: list[str] = []
        self.heard: list[str] = []
        self.last: LineEvent | None = None
        self._grown = asyncio.Event()
        self._counts = {GatherStarted: 0, GatherEnded: 0, RecordStarted: 0}
        for event in call.line.events:
            self._see(event)
        call.line.subscribe(self._see)

    def _see(self, event: LineEvent) -> None:
        self.last = event
        if type(event) in self._counts:
            self._counts[type(event)] += 1
        if isinstance(event, PlayStarted):
            piece = piece_of(event.url) if event.url else ""
            prompt = prompt_of(piece)
            if piece:
                self.pieces.append(piece)
            if prompt and (not self.heard or self.heard[-1] != prompt):
                self.heard.append(prompt)
                self.all_heard.append(prompt)
        self._grown.set()

    @property
    def over(self) -> bool:
        """Nothing more will happen on the line."""
        return isinstance(self.last, LineClosed)

    async def play(self, values: Mapping[str, Callable[[], str]]) -> None:
        """All steps, then the end."""
        for number, step in enumerate(self.script.steps, start=1):
            if not await self._hear(f"step {number}", step.hears, step.absent, step.within):
                break
            try:
                await self._act(step, values)
            except BadScript as error:
                self.problems.append(f"step {number}: {error}")
                break
        if self.problems:
            self.call.handset.hang_up()
        await self._end()

    async def _hear(
        self, where: str, hears: Sequence[str], absent: Sequence[str], within: float
    ) -> bool:
        done = await self._until(lambda: _in_order(hears, self.heard), within)
        if not done:
            self.problems.append(
                f"{where}: expected to hear {', '.join(hears)}; heard {', '.join(self.heard)}"
                + (" and the line closed" if self.over else f" within {within:g} s")
            )
            return False
        unwanted = [prompt for prompt in absent if prompt in self.heard]
        if unwanted:
            self.problems.append(f"{where}: heard {', '.join(unwanted)}, which must be absent")
        return not unwanted

    async def _act(self, step: Step, values: Mapping[str, Callable[[], str]]) -> None:
        handset = self.call.handset
        if not step.hears:
            await self._until(lambda: self._counts[GatherStarted] > self._counts[GatherEnded], 60)
        await asyncio.sleep(ACROSS_A_STEP)
        self.heard = []
        if step.press:
            handset.press(fill(step.press, values))
        elif step.say:
            handset.speak(step.say, step.confidence)
        elif step.silence:
            ended = self._counts[GatherEnded]
            await self._until(lambda: self._counts[GatherEnded] > ended, 120)
        elif step.record:
            await self._until(lambda: self._counts[RecordStarted] > 0, 60)
            handset.speak("recado de teste", seconds=step.record)
        elif step.wait:
            await asyncio.sleep(step.wait)
        elif step.hang_up:
            handset.hang_up()

    async def _end(self) -> None:
        ends = self.script.ends
        closed = await self._until(lambda: self.over, ends.within)
        if not closed:
            self.call.handset.hang_up()
            await self._until(lambda: self.over, 30)
        if self.problems:
            return
        by = next((e.by for e in self.call.line.events if isinstance(e, HungUp)), "?")
        side = "caller" if by == "caller" else "system"
        if not closed:
            self.problems.append(f"end: the call did not end within {ends.within:g} s")
        elif side != ends.by:
            self.problems.append(f"end: ended by the {side}, not by the {ends.by}")
        if not _in_order(ends.hears, self.heard):
            self.problems.append(
                f"end: expected to hear {', '.join(ends.hears)}; heard {', '.join(self.heard)}"
            )
        failed = [
            e for e in self.call.line.events if isinstance(e, HttpExchange) and e.status >= 500
        ]
        if failed and not self.script.faults:
            self.problems.append(f"end: {len(failed)} answers of 5xx")

    async def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not true():
            left = deadline - loop.time()
            if left <= 0 or self.over:
                return true()
            self._grown.clear()
            try:
                await asyncio.wait_for(self._grown.wait(), left)
            except TimeoutError:
                return true()
        return True


def _in_order(wanted: Sequence[str], heard: Sequence[str]) -> bool:
    rest = iter(heard)
    return all(any(prompt == word for word in rest) for prompt in wanted)
