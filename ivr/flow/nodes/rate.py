"""``rate``: one key from 1 to 5, tied to the protocol; hanging up or silence skips it.

.. code-block:: toml

    [nodes.rate]
    type = "rate"
    prompt = "rate.ask"
    prompt_no_match = "rate.wrong"
    prompt_no_input = []
    attempts = 2
    then = "bye"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow import heard
from ivr.flow.events import Digits, Event, RequestDone, RequestFailed, Speech
from ivr.flow.moves import Ask, GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, Trouble, confident, received
from ivr.flow.requests import SaveRating

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Rate(ListeningNode):
    """Silence ends the question at once: nobody is asked twice for an opinion."""

    type: ClassVar[str] = "rate"

    then: str

    def troubles(self) -> tuple[Trouble, ...]:
        return ("no_match",)

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset("12345")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        return self.gather(ctx, *as_list(self.prompt), digits=1, finish="", mode="both")

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone | RequestFailed):
            return GoTo(target=self.then)
        received(ctx, event)
        key = ""
        if isinstance(event, Digits):
            key = event.value[:1]
        elif isinstance(event, Speech) and confident(event):
            key = heard.digits(event.text)
        if key and key in "12345":
            ctx.fact("rating.given", value=int(key))
            return Ask(request=SaveRating(value=int(key)))
        if not key and not isinstance(event, Speech):
            ctx.fact("rating.skipped")
            return GoTo(target=self.then)
        return self.trouble(ctx, "no_match")
