"""``explain``: record the need, a complaint, or a message for another ticket.

.. code-block:: toml

    [nodes.need]
    type = "explain"
    purpose = "need"
    prompt = "explain.ask"
    prompt_no_input = "explain.nothing"
    then = "thanks"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ivr.flow.events import Event, Recorded, RequestDone, RequestFailed
from ivr.flow.moves import Ask, GoTo, Listen, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, Trouble
from ivr.flow.requests import KeepRecording
from ivr.flow.verbs import Record

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Explain(ListeningNode):
    """``seconds``: longest recording. A message goes to the ticket in ``asked_protocol``."""

    type: ClassVar[str] = "explain"

    purpose: Literal["need", "complaint", "message", "voicemail"]
    seconds: int = Field(default=120, ge=10, le=300)
    then: str

    def troubles(self) -> tuple[Trouble, ...]:
        return ("no_input",)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        ctx.say(*as_list(self.prompt))
        return Listen(verb=Record(speech=(), seconds=self.seconds, silence=5))

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone):
            self.understood(ctx)
            return GoTo(target=self.then)
        if isinstance(event, RequestFailed):
            return GoTo(target=ctx.book.globals.fault)
        if isinstance(event, Recorded) and event.recording and event.seconds > 0:
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
        return self.trouble(ctx, "no_input")
