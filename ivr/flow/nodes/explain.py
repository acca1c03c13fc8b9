"""``explain``: record the need, a complaint, or a message for another ticket.

.. code-block:: toml

    [nodes.need]
    type = "explain"
    purpose = "need"
    prompt = "explain.ask"
    prompt_go = "explain.go"
    prompt_no_input = "explain.nothing"
    then = "thanks"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ivr.flow.events import Digits, Event, Recorded, RequestDone, RequestFailed
from ivr.flow.keys import PERSON
from ivr.flow.moves import Ask, GoTo, Listen, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, Prompts, Trouble
from ivr.flow.requests import KeepRecording
from ivr.flow.verbs import Record

if TYPE_CHECKING:
    from ivr.flow.context import Context


ASKED, LEAVES = "asked", "leaves"
"""Phases: the prompt is spoken and keys count; a recording is kept on the way to a person."""
AT_ONCE = 1
"""Seconds of silence after the prompt before the tone."""


@node_type
class Explain(ListeningNode):
    """``seconds``: longest recording. A message goes to the ticket in ``asked_protocol``.

    Any key ends the recording; 0 leads on to a person, and what was said before it is kept. With
    ``prompt_go``, which is said before the tone, keys count while ``prompt`` is spoken too: 0 a
    person, any other the tone at once.
    """

    type: ClassVar[str] = "explain"

    purpose: Literal["need", "complaint", "message", "voicemail"]
    prompt_go: Prompts = ()
    seconds: int = Field(default=120, ge=10, le=300)
    then: str

    def troubles(self) -> tuple[Trouble, ...]:
        return ("no_input",)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        if not self.prompt_go:
            return self._record(ctx, *as_list(self.prompt))
        ctx.change(phase=ASKED)
        return self.gather(ctx, *as_list(self.prompt), digits=1, finish="", timeout=AT_ONCE)

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone):
            self.understood(ctx)
            to_a_person = ctx.state.phase == LEAVES
            return GoTo(target=ctx.book.globals.person if to_a_person else self.then)
        if isinstance(event, RequestFailed):
            return GoTo(target=ctx.book.globals.fault)
        if isinstance(event, Recorded):
            return self._recorded(ctx, event)
        if ctx.state.phase == ASKED:
            word = "keys" if isinstance(event, Digits) else "silence"
            ctx.fact("explain.begun", by=word)
            ctx.change(phase="")
            return self._record(ctx, *as_list(self.prompt_go))
        return self.trouble(ctx, "no_input")

    def _record(self, ctx: Context, *prompts: str) -> Move:
        ctx.say(*prompts)
        return Listen(verb=Record(speech=(), seconds=self.seconds, silence=5))

    def _recorded(self, ctx: Context, event: Recorded) -> Move:
        if event.key == PERSON:
            ctx.fact("person.asked")
            ctx.change(phase=LEAVES)
        if not event.recording or event.seconds <= 0:
            person = GoTo(target=ctx.book.globals.person)
            return person if event.key == PERSON else self.trouble(ctx, "no_input")
        ctx.fact("recording.made", purpose=self.purpose, seconds=event.seconds)
        ticket = ctx.value("asked_protocol") if self.purpose == "message" else ""
        return Ask(
            request=KeepRecording(
                recording=event.recording,
                seconds=event.seconds,
                purpose=self.purpose,
                ticket=ticket,
            )
        )
