"""``choose_service``: the system, by key 1 for the usual one, by its code, or by its name.

.. code-block:: toml

    [nodes.service]
    type = "choose_service"
    prompt = "service.ask"
    prompt_code = "service.code"
    usual = "email"
    then = "action"
    person_only = "person"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow import heard
from ivr.flow.book import Service
from ivr.flow.events import Digits, Event, Speech
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import (
    TROUBLES,
    ListeningNode,
    Prompts,
    Trouble,
    confident,
    received,
    typed,
)

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class ChooseService(ListeningNode):
    """``usual``: key of the service behind key 1; key 2 asks for a code of ``digits`` digits."""

    type: ClassVar[str] = "choose_service"
    landmark: ClassVar[bool] = True
    gives: ClassVar[tuple[str, ...]] = ("service", "service_name", "actions", "deliveries")

    prompt_code: Prompts
    usual: str
    digits: int = Field(default=4, ge=2, le=6)
    then: str
    person_only: str

    def troubles(self) -> tuple[Trouble, ...]:
        return TROUBLES

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset() if ctx.state.phase == "code" else frozenset("12")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then
        yield "person_only", self.person_only

    def enter(self, ctx: Context) -> Move:
        ctx.change(phase="pick")
        return self.gather(
            ctx,
            *as_list(self.prompt),
            digits=1,
            finish="",
            mode="both",
            hints=tuple(w for s in ctx.book.services for w in s.words),
        )

    def ask_again(self, ctx: Context) -> Move:
        return self._ask_code(ctx) if ctx.state.phase == "code" else self.enter(ctx)

    def resume(self, ctx: Context, event: Event) -> Move:
        received(ctx, event)
        if isinstance(event, Speech):
            return self._named(ctx, event)
        if ctx.state.phase == "code":
            return self._coded(ctx, event)
        key = event.value[:1] if isinstance(event, Digits) else ""
        if not key:
            return self.trouble(ctx, "no_input")
        if key == "1":
            usual = ctx.book.service(self.usual)
            return self._chosen(ctx, usual) if usual else self.trouble(ctx, "no_match")
        if key == "2":
            self.understood(ctx)
            return self._ask_code(ctx)
        return self.trouble(ctx, "no_match")

    def _ask_code(self, ctx: Context) -> Move:
        ctx.change(phase="code")
        return self.gather(ctx, *as_list(self.prompt_code), digits=self.digits, mode="both")

    def _coded(self, ctx: Context, event: Event) -> Move:
        code = typed(event)
        if not code:
            return self.trouble(ctx, "no_input")
        if len(code) < self.digits:
            return self.trouble(ctx, "too_short")
        if len(code) > self.digits:
            return self.trouble(ctx, "too_long")
        found = next((s for s in ctx.book.services if s.code == code), None)
        return self._chosen(ctx, found) if found else self.trouble(ctx, "no_match")

    def _named(self, ctx: Context, event: Speech) -> Move:
        if not confident(event):
            return self.unheard(ctx)
        code = heard.digits(event.text)
        keys = heard.named(event.text, {s.key: s.words for s in ctx.book.services})
        named = [s for s in ctx.book.services if s.code == code or s.key in keys]
        return self._chosen(ctx, named[0]) if len(named) == 1 else self.unheard(ctx)

    def _chosen(self, ctx: Context, service: Service) -> Move:
        self.understood(ctx)
        ctx.keep(
            service=service.key,
            service_name=service.prompt,
            actions=",".join(service.actions),
            deliveries=",".join(service.deliveries),
        )
        ctx.fact("service.chosen", service=service.key)
        return GoTo(target=self.then if service.actions else self.person_only)
