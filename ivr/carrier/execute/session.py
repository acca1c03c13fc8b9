"""Runs documents on one leg: from an address to the verb that ends it all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ivr.carrier.audio import Sound, spoken
from ivr.carrier.call import Call, Goto
from ivr.carrier.events import PlayFinished, PlayStarted
from ivr.carrier.execute.documents import read_answer
from ivr.carrier.fields import Fields, standard_fields
from ivr.carrier.leg import Heard
from ivr.carrier.problem import Problem, error, warning
from ivr.carrier.twiml.dial import Dial
from ivr.carrier.twiml.document import Document, Verb, parse
from ivr.carrier.twiml.ending import Redirect, Reject
from ivr.carrier.twiml.pause import Pause
from ivr.carrier.webhook import Answer

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

APOLOGY = "We are sorry. An application error has occurred. Goodbye."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """``how``: end (of the document), hangup, rejected, busy, or leave (the queue)."""

    how: Literal["end", "hangup", "rejected", "busy", "leave"]


Next = Goto | Ending | None
"""What a verb leads to; None = the next verb."""


class DocumentFailed(Exception):
    """An error that no verb after it survives."""

    def __init__(self, problem: Problem, *, url: str) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.url = url


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where documents run: the call itself, a queue's waiting, or a whisper before a bridge.

    ``refused`` gives the problem with a verb that may not be used there.
    """

    name: Literal["call", "wait", "whisper"]
    refused: Callable[[Verb], Problem | None]
    fields: Callable[[], Fields] = tuple


def in_call(verb: Verb) -> Problem | None:
    return None


CALL = Scene(name="call", refused=in_call)


class Session:
    """One leg, one scene."""

    def __init__(self, exchange: Exchange, call: Call, scene: Scene = CALL) -> None:
        self.exchange = exchange
        self.call = call
        self.scene = scene

    async def run(self, goto: Goto) -> Ending:
        """Run documents from ``goto`` on.

        Raises CallOver and Replaced when interrupted; outside the call's own scene also
        DocumentFailed.
        """
        falling_back = False
        while True:
            try:
                document = await self.document(goto)
                outcome = await self._verbs(document)
            except DocumentFailed as failure:
                self.exchange.wire.log(self.call, failure.problem, url=failure.url)
                if self.scene.name != "call":
                    raise
                next_one = None if falling_back else self._fallback(failure)
                if next_one is None:
                    await self._apologise()
                    return Ending(how="hangup")
                goto, falling_back = next_one, True
                continue
            falling_back = False
            if not isinstance(outcome, Goto):
                return outcome
            goto = outcome

    async def _verbs(self, document: Document) -> Goto | Ending:
        for verb in document.verbs:
            problem = self.scene.refused(verb)
            if problem is not None:
                if problem.level == "error":
                    raise DocumentFailed(problem, url=document.url)
                self.exchange.wire.log(self.call, problem, url=document.url)
                continue
            if _answers(verb):
                await self.exchange.answer(self.call)
            outcome = await self.exchange.execute(verb, self, document)
            if outcome is not None:
                return outcome
            self.call.check()
        return Ending(how="end")

    async def document(self, goto: Goto) -> Document:
        """Request and read a document. Raises DocumentFailed."""
        if goto.twiml is not None:
            document = parse(goto.twiml)
        else:
            answer = await self.request(goto)
            document = read_answer(answer, hang_up=self.scene.name == "call")
        failure = document.failure
        for problem in document.problems:
            if problem is not failure:
                self.exchange.wire.log(self.call, problem, url=goto.url)
        if failure is not None:
            raise DocumentFailed(failure, url=goto.url)
        return document

    async def request(self, goto: Goto, *, detached: bool = False) -> Answer:
        """One webhook with the standard fields, those of the scene, and those of ``goto``.

        An interruption leaves it running and drops its answer; ``detached`` waits for it even
        when the call is over.
        """
        fields = (*standard_fields(self.call), *self.scene.fields(), *goto.fields)
        task = self.call.keep(self.exchange.wire.fetch(self.call, goto, fields))
        if detached:
            return await asyncio.shield(task)
        return await self.call.until(_shielded(task))

    async def say_goodbye(self, goto: Goto | None) -> None:
        """A last request whose answer is not executed."""
        if goto is not None:
            await self.request(goto, detached=True)

    async def play(self, sound: Sound) -> None:
        """Let the far end hear ``sound`` to its end."""
        self.call.emit(
            PlayStarted,
            kind=sound.kind,
            url=sound.url,
            text=sound.text,
            language=sound.language,
            seconds=sound.seconds,
        )
        stopped = True
        try:
            await self.call.until(self.call.leg.play(sound))
            stopped = False
        finally:
            self.call.emit(
                PlayFinished, kind=sound.kind, url=sound.url, text=sound.text, stopped=stopped
            )

    async def hear(self, timeout: float | None) -> Heard | None:
        """The next key or utterance; None when ``timeout`` seconds pass without one."""
        try:
            return await self.call.until(self.call.leg.hear(), timeout=timeout)
        except TimeoutError:
            return None

    def _fallback(self, failure: DocumentFailed) -> Goto | None:
        route = self.call.route
        if not route.fallback_url:
            return None
        return Goto(
            url=route.fallback_url,
            method=route.fallback_method,
            fields=(("ErrorCode", str(failure.problem.code)), ("ErrorUrl", failure.url)),
        )

    async def _apologise(self) -> None:
        await self.exchange.answer(self.call)
        await self.play(spoken(APOLOGY, language="en-US", kind="error"))


async def _shielded(task: asyncio.Task[Answer]) -> Answer:
    return await asyncio.shield(task)


def _answers(verb: Verb) -> bool:
    """Whether ``verb`` picks up a call that still rings (a leading Pause waits first)."""
    if isinstance(verb, Reject | Redirect | Pause):
        return False
    return not (isinstance(verb, Dial) and verb.answer_on_bridge)


def not_here(verb: Verb, *, code: int = 12200, where: str) -> Problem:
    return warning(code, f"{type(verb).__name__} is not allowed in {where}")


def fail(code: int, text: str, *, url: str) -> DocumentFailed:
    return DocumentFailed(error(code, text), url=url)
