"""``menu``: one key or one named option.

.. code-block:: toml

    [nodes.main]
    type = "menu"
    prompt = "main.menu"
    prompt_no_input = "error.no_input"
    prompt_no_match = "error.no_match"
    keys.1 = "password"
    keys.2 = "ticket"
    words.1 = ["senha", "redefinir senha"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from ivr.flow import heard
from ivr.flow.events import Digits, Event, Speech
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import ListeningNode, confident, received

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Menu(ListeningNode):
    """Key 0 is a person in every menu and cannot be given another meaning."""

    type: ClassVar[str] = "menu"
    landmark: ClassVar[bool] = True

    keys: Mapping[str, str] = Field(min_length=1)
    words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    @field_validator("keys")
    @classmethod
    def _keys_of_a_telephone(cls, keys: Mapping[str, str]) -> Mapping[str, str]:
        for key in keys:
            if len(key) != 1 or key not in "123456789":
                raise ValueError(f"key {key!r}: only 1 to 9; 0, * and # are the same everywhere")
        return keys

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset(self.keys)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        for key, target in self.keys.items():
            yield f"keys.{key}", target

    def enter(self, ctx: Context) -> Move:
        hints = tuple(w for words in self.words.values() for w in words)
        return self.gather(
            ctx,
            *as_list(self.prompt),
            digits=1,
            finish="",
            mode="both" if self.words else "keys",
            hints=(*hints, "atendente", "repetir", "voltar") if hints else (),
        )

    def resume(self, ctx: Context, event: Event) -> Move:
        received(ctx, event)
        if isinstance(event, Digits):
            key = event.value[:1]
        elif isinstance(event, Speech):
            key = heard.option(event.text, self.words) if confident(event) else ""
            if key not in self.keys:
                return self.unheard(ctx)
        else:
            return self.trouble(ctx, "no_input")
        if not key:
            return self.trouble(ctx, "no_input")
        if key not in self.keys:
            return self.trouble(ctx, "no_match")
        self.understood(ctx)
        ctx.fact("menu.chosen", key=key, by="keys" if isinstance(event, Digits) else "speech")
        return GoTo(target=self.keys[key])
