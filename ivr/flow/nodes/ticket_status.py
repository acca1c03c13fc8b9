"""``ticket_status``: key in a protocol number, hear how the ticket stands.

.. code-block:: toml

    [nodes.ticket]
    type = "ticket_status"
    prompt = "ticket.ask"
    prompt_unknown = "ticket.unknown"
    say_open = "ticket.open"
    say_pending = "ticket.pending"
    say_closed = "ticket.closed"
    then = "after"
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
from ivr.flow.requests import FindTicket, TicketFound

if TYPE_CHECKING:
    from ivr.flow.context import Context

PROTOCOL_DIGITS = 12


@node_type
class TicketStatus(ListeningNode):
    """Tells status and deadline only: whoever has the number may hear them."""

    type: ClassVar[str] = "ticket_status"
    gives: ClassVar[tuple[str, ...]] = ("asked_protocol", "ticket_deadline")

    prompt_unknown: Prompts
    say_open: Prompts
    say_pending: Prompts
    say_closed: Prompts
    then: str

    def troubles(self) -> tuple[Trouble, ...]:
        return TROUBLES

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        return self.gather(ctx, *as_list(self.prompt), digits=PROTOCOL_DIGITS, mode="both")

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone | RequestFailed | StillWorking):
            return self._found(ctx, event)
        received(ctx, event)
        digits = typed(event)
        if not digits:
            silent = not isinstance(event, Speech)
            return self.trouble(ctx, "no_input") if silent else self.unheard(ctx)
        read = ctx.book.read_protocol(digits)
        if read.problem:
            return self.trouble(ctx, read.problem)
        ctx.keep(asked_protocol=read.number)
        return Ask(request=FindTicket(protocol=read.number))

    def _found(self, ctx: Context, event: Event) -> Move:
        if not isinstance(event, RequestDone) or not isinstance(event.answer, TicketFound):
            return GoTo(target=ctx.book.globals.fault)
        ticket = event.answer
        if not ticket.status:
            tries = ctx.count("unknown")
            ctx.fact("ticket.unknown", tries=tries)
            if tries >= self.attempts:
                return self.exhausted(ctx)
            ctx.say(*as_list(self.prompt_unknown))
            return self.enter(ctx)
        self.understood(ctx)
        ctx.keep(ticket_deadline=ticket.deadline)
        ctx.fact("ticket.told", status=ticket.status)
        ctx.say(*as_list(getattr(self, f"say_{ticket.status}")))
        return GoTo(target=self.then)
