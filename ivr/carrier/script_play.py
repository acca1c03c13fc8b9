"""Play a script on a telephone: wait for what must be heard, do what the caller does.

The telephone may be a handset in this process or one far away: see :class:`Phone`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ivr.carrier.events import (
    GatherEnded,
    GatherStarted,
    HttpExchange,
    HungUp,
    LineClosed,
    LineEvent,
    PlayFinished,
    PlayStarted,
    RecordEnded,
    RecordStarted,
    StreamEnded,
    StreamStarted,
)
from ivr.carrier.script import BadScript, Ends, Script, Step
from ivr.carrier.script_sound import sound_of
from ivr.carrier.script_texts import Texts
from ivr.carrier.script_words import fill, newest_code, own_values, prompt_of, protocol_in

ACROSS_A_STEP = 0.3
"""Seconds that a caller takes to react."""
MESSAGE_SECONDS = 20.0
"""How long a caller waits for a text message that must come."""
LOOK_AGAIN = 0.2
"""Seconds between two looks at the messages."""


class Phone(Protocol):
    """The caller's telephone. Nothing here blocks; see :class:`ivr.carrier.handset.Handset`."""

    def press(self, keys: str) -> None: ...

    def speak(self, text: str, confidence: float = 0.9, *, seconds: float | None = None) -> None:
        """``seconds``: how long it takes; None for 15 characters a second."""
        ...

    def sound(self, samples: bytes) -> None:
        """Begin to say what ``samples`` hold (16 bits, 8 kHz)."""
        ...

    def hang_up(self) -> None: ...

    def follow(self, see: Callable[[LineEvent], None]) -> None:
        """Call ``see`` with every event of the line, from its beginning to LineClosed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTold:
    """How a step went. ``number`` 0 is the end of the call; ``problem`` is empty when met."""

    number: int
    wanted: tuple[str, ...]
    heard: tuple[str, ...]
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def person_of(script: Script, people: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Whose data fill the script; empty when it names nobody. Raises :class:`BadScript`."""
    if not script.person:
        return {}
    for person in people:
        if person.get("key") == script.person:
            return person
    known = ", ".join(str(p.get("key")) for p in people)
    raise BadScript(f"person: {script.person!r} is none of: {known}")


def caller_of(script: Script, person: Mapping[str, Any]) -> str:
    """The number that calls, or ``withheld``."""
    return script.caller or str(person.get("mobile") or "")


class Playing:
    """One script on one line. ``heard`` is reset at each step.

    ``messages``: bodies of the caller's text messages, oldest first. ``tell`` hears of each step.
    ``texts``: the prompts' words, by which a prompt is known that the carrier's voice says.
    """

    def __init__(
        self,
        *,
        phone: Phone,
        script: Script,
        person: Mapping[str, Any],
        messages: Callable[[], Sequence[str]],
        tell: Callable[[StepTold], None] | None = None,
        texts: Texts | None = None,
    ) -> None:
        self.phone = phone
        self.script = script
        self.problems: list[str] = []
        self.pieces: list[str] = []
        self.all_heard: list[str] = []
        self.heard: list[str] = []
        self.over = False
        self._messages = messages
        self._texts = texts or Texts()
        self._tell = tell or (lambda told: None)
        self._values: dict[str, Callable[[], str]] = {
            **own_values(person),
            "sms_code": lambda: newest_code(messages()),
            "protocol": lambda: protocol_in(self.pieces),
        }
        self._ended_by = "?"
        self._failed = 0
        self._sounding = 0
        self._streaming = False
        self._anew = False
        self._grown = asyncio.Event()
        self._counts: dict[type[LineEvent], int] = {
            GatherStarted: 0,
            GatherEnded: 0,
            RecordStarted: 0,
            RecordEnded: 0,
        }
        phone.follow(self._see)

    def _see(self, event: LineEvent) -> None:
        if type(event) in self._counts:
            self._counts[type(event)] += 1
        elif isinstance(event, PlayFinished):
            self._sounding -= 1
        elif isinstance(event, StreamStarted | StreamEnded):
            self._streaming = isinstance(event, StreamStarted)
            self._anew = True
        elif isinstance(event, PlayStarted):
            self._sounding += 1
            for piece in self._texts.pieces_of(event):
                self._hear_piece(piece)
        elif isinstance(event, HungUp) and self._ended_by == "?":
            self._ended_by = "caller" if event.by == "caller" else "system"
        elif isinstance(event, HttpExchange):
            self._failed += event.status >= 500
        elif isinstance(event, LineClosed):
            self.over = True
        self._grown.set()

    def _hear_piece(self, piece: str) -> None:
        prompt = prompt_of(piece)
        self.pieces.append(piece)
        if prompt and (self._anew or not self.heard or self.heard[-1] != prompt):
            self._anew = False
            self.heard.append(prompt)
            self.all_heard.append(prompt)

    @property
    def _ended(self) -> int:
        """How often the service has stopped listening."""
        return self._counts[GatherEnded] + self._counts[RecordEnded]

    def _is_asked(self) -> bool:
        return self._streaming or self._counts[GatherStarted] > self._counts[GatherEnded]

    async def play(self) -> None:
        """All steps, then the end. ``problems`` says what was not met."""
        for number, step in enumerate(self.script.steps, start=1):
            problem = await self._hear(step.hears, step.absent, step.within)
            heard = tuple(self.heard)
            if not problem:
                try:
                    await self._act(step)
                except BadScript as error:
                    problem = str(error)
            if problem:
                problem = f"step {number}: {problem}"
                self.problems.append(problem)
            self._tell(StepTold(number=number, wanted=step.hears, heard=heard, problem=problem))
            if problem:
                break
        if self.problems:
            self.phone.hang_up()
        await self._end()

    async def _hear(self, hears: Sequence[str], absent: Sequence[str], within: float) -> str:
        """What is wrong with what was heard; empty when nothing is."""
        if not await self._until(lambda: _in_order(hears, self.heard), within):
            return f"expected to hear {', '.join(hears)}; heard {', '.join(self.heard) or '-'}" + (
                " and the line closed" if self.over else f" within {within:g} s"
            )
        unwanted = [prompt for prompt in absent if prompt in self.heard]
        return f"heard {', '.join(unwanted)}, which must be absent" if unwanted else ""

    async def _act(self, step: Step) -> None:
        if not step.hears and not step.record:
            await self._until(self._is_asked, 60)
        if step.after:
            await self._until(lambda: self._sounding <= 0, 60)
        await asyncio.sleep(ACROSS_A_STEP)
        if "{sms_code}" in (step.press or step.say or step.fale or ""):
            await self._code_has_come()
        self.heard = []
        if step.press:
            self.phone.press(fill(step.press, self._values))
        elif step.say:
            self.phone.speak(fill(step.say, self._values), step.confidence)
        elif step.fale or step.sound:
            self.phone.sound(sound_of(step, fill(step.fale or "", self._values)))
        elif step.silence:
            ended = self._ended
            await self._until(lambda: self._ended > ended or self._streaming, 120)
        elif step.record:
            await self._until(lambda: self._counts[RecordStarted] > self._counts[RecordEnded], 60)
            self.phone.speak("recado de teste", seconds=step.record)
        elif step.wait:
            await asyncio.sleep(step.wait)
        elif step.hang_up:
            self.phone.hang_up()

    async def _code_has_come(self) -> None:
        def has_come() -> bool:
            try:
                return bool(newest_code(self._messages()))
            except BadScript:
                return self.over

        await _look_until(has_come)

    async def _end(self) -> None:
        ends = self.script.ends
        closed = await self._until(lambda: self.over, ends.within)
        if not closed:
            self.phone.hang_up()
            await self._until(lambda: self.over, 30)
        if self.problems:
            return
        heard = tuple(self.heard)
        problems = self._wrong_at_the_end(closed=closed)
        if not problems and ends.sms:
            await _look_until(lambda: not missing_message(ends, self._messages()))
            problems = [p for p in [missing_message(ends, self._messages())] if p]
        self.problems += [f"end: {problem}" for problem in problems]
        self._tell(
            StepTold(number=0, wanted=ends.hears, heard=heard, problem="; ".join(self.problems))
        )

    def _wrong_at_the_end(self, *, closed: bool) -> list[str]:
        ends, wrong = self.script.ends, []
        if not closed:
            wrong.append(f"the call did not end within {ends.within:g} s")
        elif self._ended_by != ends.by:
            wrong.append(f"ended by the {self._ended_by}, not by the {ends.by}")
        if not _in_order(ends.hears, self.heard):
            wrong.append(
                f"expected to hear {', '.join(ends.hears)}; heard {', '.join(self.heard) or '-'}"
            )
        if self._failed and not self.script.faults:
            wrong.append(f"{self._failed} answers of 5xx")
        return wrong

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


def missing_message(ends: Ends, bodies: Sequence[str]) -> str:
    """Which of the messages that must have come has not; empty when all have."""
    rest = list(bodies)
    for word in ends.sms:
        while rest and word not in rest[0]:
            rest.pop(0)
        if not rest:
            return f"no message with {word!r} after the ones before it"
        rest.pop(0)
    return ""


async def _look_until(true: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + MESSAGE_SECONDS
    while not true() and loop.time() < deadline:
        await asyncio.sleep(LOOK_AGAIN)


def _in_order(wanted: Sequence[str], heard: Sequence[str]) -> bool:
    rest = iter(heard)
    return all(any(prompt == word for word in rest) for prompt in wanted)
