"""``callback``: promise to call back, on the number of the call or on one that is keyed.

.. code-block:: toml

    [nodes.callback]
    type = "callback"
    prompt = "callback.ask_number"
    say_booked = "callback.booked"
    then = "bye"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.events import Event, RequestDone, RequestFailed, Speech, StillWorking
from ivr.flow.moves import Ask, GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import (
    TROUBLES,
    ListeningNode,
    Prompts,
    Trouble,
    received,
    typed,
)
from ivr.flow.requests import BookCallback, CallbackBooked

if TYPE_CHECKING:
    from ivr.flow.context import Context

NUMBER_LENGTH = (10, 11)


@node_type
class Callback(ListeningNode):
    """The ticket stays open until somebody called."""

    type: ClassVar[str] = "callback"
    gives: ClassVar[tuple[str, ...]] = ("callback_end", "callback_deadline")
    silent: ClassVar[tuple[str, ...] | None] = ("then",)

    say_booked: Prompts
    then: str

    def troubles(self) -> tuple[Trouble, ...]:
        return TROUBLES

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        ctx.change(phase="booking")
        return Ask(request=BookCallback())

    def ask_again(self, ctx: Context) -> Move:
        ctx.change(phase="number")
        return self.gather(ctx, *as_list(self.prompt), digits=NUMBER_LENGTH[1], mode="both")

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestFailed | StillWorking):
            return GoTo(target=ctx.book.globals.fault)
        if isinstance(event, RequestDone):
            return self._booked(ctx, event)
        received(ctx, event)
        digits = typed(event)
        if not digits:
            silent = not isinstance(event, Speech)
            return self.trouble(ctx, "no_input") if silent else self.unheard(ctx)
        if len(digits) < NUMBER_LENGTH[0]:
            return self.trouble(ctx, "too_short")
        if len(digits) > NUMBER_LENGTH[1]:
            return self.trouble(ctx, "too_long")
        return Ask(request=BookCallback(number=digits))

    def _booked(self, ctx: Context, event: RequestDone) -> Move:
        answer = event.answer
        if not isinstance(answer, CallbackBooked):
            return GoTo(target=ctx.book.globals.fault)
        if not answer.booked:
            if ctx.state.phase == "number":
                return self.trouble(ctx, "no_match")
            return self.ask_again(ctx)
        ctx.keep(callback_end=answer.number_end, callback_deadline=answer.deadline)
        ctx.fact("callback.booked")
        ctx.say(*as_list(self.say_booked))
        return GoTo(target=self.then)
