"""``confirm``: yes or no, by key 1 or 2 or by word.

.. code-block:: toml

    [nodes.sure]
    type = "confirm"
    prompt = "sure.ask"
    yes = "go_on"
    no = "main"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow import heard
from ivr.flow.events import Digits, Event, Speech
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, confident, received

if TYPE_CHECKING:
    from ivr.flow.context import Context

YES_NO = ("sim", "não", "atendente", "repetir", "voltar")


@node_type
class Confirm(ListeningNode):
    """Key 1 is yes, key 2 is no."""

    type: ClassVar[str] = "confirm"

    yes: str
    no: str

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset("12")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "yes", self.yes
        yield "no", self.no

    def enter(self, ctx: Context) -> Move:
        return self.gather(
            ctx, *as_list(self.prompt), digits=1, finish="", mode="both", hints=YES_NO
        )

    def resume(self, ctx: Context, event: Event) -> Move:
        received(ctx, event)
        answer = read_yes_no(event)
        if answer is None:
            return no_answer(self, ctx, event)
        self.understood(ctx)
        ctx.fact("confirm.answered", answer="yes" if answer else "no")
        return GoTo(target=self.yes if answer else self.no)


def read_yes_no(event: Event) -> bool | None:
    """Yes, no, or None when the event is neither."""
    if isinstance(event, Digits):
        return {"1": True, "2": False}.get(event.value[:1])
    if confident(event) and isinstance(event, Speech):
        number = heard.digits(event.text)
        return {"1": True, "2": False}.get(number, heard.yes_or_no(event.text))
    return None


def no_answer(node: ListeningNode, ctx: Context, event: Event) -> Move:
    """The trouble that an event without a yes or no stands for."""
    if isinstance(event, Speech):
        return node.unheard(ctx)
    silent = not isinstance(event, Digits) or not event.value
    return node.trouble(ctx, "no_input" if silent else "no_match")
