"""``choose_service``: the system, by key 1 for the usual one, by its code, or by its name; or,
for somebody who has several, all of theirs by key 3.

.. code-block:: toml

    [nodes.service]
    type = "choose_service"
    prompt = "service.ask"
    prompt_code = "service.code"
    usual = "email"
    then = "action"
    person_only = "person"
    prompt_all = "service.all"
    words_all = ["todos"]
    all = "reset_all"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow import heard
from ivr.flow.book import Service
from ivr.flow.events import Digits, Event, RequestDone, RequestFailed, Speech, StillWorking
from ivr.flow.moves import Ask, GoTo, Move
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
from ivr.flow.requests import FindSystems, Systems

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class ChooseService(ListeningNode):
    """``usual``: key of the service behind key 1; key 2 asks for a code of ``digits`` digits.

    ``all``: where whoever has several systems goes by key 3 or ``words_all``; ``prompt_all`` and
    the names of their systems are said to nobody else. Without ``all`` it is not offered.
    """

    type: ClassVar[str] = "choose_service"
    landmark: ClassVar[bool] = True
    gives: ClassVar[tuple[str, ...]] = (
        "service",
        "service_name",
        "actions",
        "deliveries",
        "systems",
    )

    prompt_code: Prompts
    usual: str
    digits: int = Field(default=4, ge=2, le=6)
    then: str
    person_only: str
    prompt_all: Prompts = ()
    words_all: tuple[str, ...] = ()
    all: str = ""

    def troubles(self) -> tuple[Trouble, ...]:
        return TROUBLES

    def own_keys(self, ctx: Context) -> frozenset[str]:
        if ctx.state.phase == "code":
            return frozenset()
        return frozenset("123" if self._offers_all(ctx) else "12")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then
        yield "person_only", self.person_only
        if self.all:
            yield "all", self.all

    def enter(self, ctx: Context) -> Move:
        linked = _linked(ctx)
        if self.all and len(linked) > 1 and "systems" not in ctx.state.values:
            return Ask(request=FindSystems(services=linked))
        return self._pick(ctx)

    def _pick(self, ctx: Context) -> Move:
        ctx.change(phase="pick")
        hints = tuple(w for s in ctx.book.services for w in s.words)
        prompts = as_list(self.prompt)
        if self._offers_all(ctx):
            named = (ctx.book.service(key) for key in _systems(ctx))
            prompts += (*as_list(self.prompt_all), *(s.prompt for s in named if s))
            hints += self.words_all
        return self.gather(ctx, *prompts, digits=1, finish="", mode="both", hints=hints)

    def ask_again(self, ctx: Context) -> Move:
        return self._ask_code(ctx) if ctx.state.phase == "code" else self._pick(ctx)

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone | RequestFailed | StillWorking):
            return self._found(ctx, event)
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
        if key == "3" and self._offers_all(ctx):
            return self._chosen_all(ctx)
        return self.trouble(ctx, "no_match")

    def _found(self, ctx: Context, event: Event) -> Move:
        """The person's systems; none when they could not be told, and then none is offered."""
        answer = event.answer if isinstance(event, RequestDone) else None
        asked = set(_linked(ctx))
        theirs = answer.services if isinstance(answer, Systems) else ()
        kept = tuple(key for key in theirs if key in asked)
        ctx.keep(systems=",".join(kept))
        ctx.fact("systems.found", count=len(kept))
        return self._pick(ctx)

    def _offers_all(self, ctx: Context) -> bool:
        return bool(self.all) and len(_systems(ctx)) > 1

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
        if self._offers_all(ctx) and heard.says(event.text, self.words_all):
            return self._chosen_all(ctx)
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

    def _chosen_all(self, ctx: Context) -> Move:
        self.understood(ctx)
        ctx.fact("service.chosen", service="all")
        return GoTo(target=self.all)


def _linked(ctx: Context) -> tuple[str, ...]:
    """Services whose password a link can reset."""
    return tuple(
        s.key for s in ctx.book.services if "reset" in s.actions and "link" in s.deliveries
    )


def _systems(ctx: Context) -> tuple[str, ...]:
    return tuple(key for key in ctx.value("systems").split(",") if key)
