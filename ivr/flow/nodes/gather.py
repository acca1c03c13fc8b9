"""``gather``: digits by key or voice, or one of a list of words, kept as a value.

.. code-block:: toml

    [nodes.extension]
    type = "gather"
    prompt = "extension.ask"
    value = "extension"
    least = 4
    most = 4
    then = "next"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow import heard
from ivr.flow.events import Event, Speech
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, Trouble, confident, received, typed

if TYPE_CHECKING:
    from ivr.flow.context import Context

MOST_DIGITS = 20


@node_type
class GatherValue(ListeningNode):
    """``words``: value → phrases; with it, speech stands for a value instead of digits."""

    type: ClassVar[str] = "gather"

    value: str = Field(pattern=r"^[a-z][a-z_]*$")
    least: int = Field(default=1, ge=1, le=MOST_DIGITS)
    most: int = Field(default=MOST_DIGITS, ge=1, le=MOST_DIGITS)
    speech: bool = True
    words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    then: str

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset("89") if self.most == 1 else frozenset()

    def keeps(self) -> Iterator[str]:
        yield self.value

    def troubles(self) -> tuple[Trouble, ...]:
        short: tuple[Trouble, ...] = ("too_short",) if self.least > 1 else ()
        long: tuple[Trouble, ...] = ("too_long",) if self.most < MOST_DIGITS else ()
        return "no_input", "no_match", *short, *long

    def enter(self, ctx: Context) -> Move:
        return self.gather(
            ctx,
            *as_list(self.prompt),
            digits=self.most,
            mode="both" if self.speech else "keys",
            hints=tuple(w for words in self.words.values() for w in words),
        )

    def resume(self, ctx: Context, event: Event) -> Move:
        received(ctx, event)
        if isinstance(event, Speech):
            value = self._spoken(event)
            if not value:
                return self.unheard(ctx)
        else:
            value = typed(event) or ""
            if not value:
                return self.trouble(ctx, "no_input")
        if value not in self.words:
            if len(value) < self.least:
                return self.trouble(ctx, "too_short")
            if len(value) > self.most:
                return self.trouble(ctx, "too_long")
        self.understood(ctx)
        ctx.keep(**{self.value: value})
        return GoTo(target=self.then)

    def _spoken(self, event: Speech) -> str:
        if not confident(event):
            return ""
        named = heard.named(event.text, self.words)
        return named[0] if len(named) == 1 else typed(event) or ""
