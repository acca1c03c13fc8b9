"""Nodes that ask the service one thing and go on with the answer."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from ivr.flow.events import Event, RequestDone
from ivr.flow.moves import Ask, GoTo, Move
from ivr.flow.nodes.base import Node
from ivr.flow.requests import Answer, Request

if TYPE_CHECKING:
    from ivr.flow.context import Context


class AskingNode(Node):
    """A failed request leads to ``globals.fault`` unless the node knows better."""

    @abstractmethod
    def request(self, ctx: Context) -> Request:
        """What to ask for."""

    @abstractmethod
    def answered(self, ctx: Context, answer: Answer) -> Move:
        """What the answer means."""

    def unanswered(self, ctx: Context) -> Move:
        """The service could not answer."""
        return GoTo(target=ctx.book.globals.fault)

    def enter(self, ctx: Context) -> Move:
        return Ask(request=self.request(ctx))

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone):
            return self.answered(ctx, event.answer)
        return self.unanswered(ctx)
