"""``identify``: CPF or matrícula, by key or voice; read back, confirmed, looked up.

Identification never proves anything: known and unknown numbers go the same way.

.. code-block:: toml

    [nodes.who]
    type = "identify"
    prompt = "identify.ask"
    prompt_confirm_cpf = "identify.confirm_cpf"
    prompt_confirm_matricula = "identify.confirm_matricula"
    then = "proof"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from ivr.flow import heard
from ivr.flow.events import Event, RequestDone, RequestFailed, Speech, StillWorking
from ivr.flow.moves import Ask, GoTo, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.confirm import YES_NO, no_answer, read_yes_no
from ivr.flow.nodes.listening import (
    TROUBLES,
    ListeningNode,
    Prompts,
    Trouble,
    confident,
    received,
    typed,
)
from ivr.flow.requests import FindPerson, IdKind, PersonLookup
from ivr.flow.state import Level

if TYPE_CHECKING:
    from ivr.flow.context import Context

CPF_DIGITS = 11
CORRECTIONS = 4


@node_type
class Identify(ListeningNode):
    """``unavailable``: where to go when the directory cannot be asked (default: a person)."""

    type: ClassVar[str] = "identify"
    gives: ClassVar[tuple[str, ...]] = ("number", "number_kind", "person", "factors")
    proves: ClassVar[Mapping[str, Level]] = {"then": "identified"}
    silent: ClassVar[tuple[str, ...] | None] = ("then",)

    prompt_confirm_cpf: Prompts
    prompt_confirm_matricula: Prompts
    then: str
    unavailable: str = ""

    def troubles(self) -> tuple[Trouble, ...]:
        return TROUBLES

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset("12") if ctx.state.phase == "confirm" else frozenset()

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then
        if self.unavailable:
            yield "unavailable", self.unavailable

    def enter(self, ctx: Context) -> Move:
        if ctx.state.level != "anonymous" and ctx.value("person"):
            return GoTo(target=self.then)
        return self._ask_number(ctx)

    def ask_again(self, ctx: Context) -> Move:
        return self._confirm(ctx) if ctx.state.phase == "confirm" else self._ask_number(ctx)

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone | RequestFailed | StillWorking):
            return self._looked_up(ctx, event)
        received(ctx, event)
        return (self._confirmed if ctx.state.phase == "confirm" else self._numbered)(ctx, event)

    def _ask_number(self, ctx: Context) -> Move:
        ctx.change(phase="number")
        return self.gather(ctx, *as_list(self.prompt), digits=CPF_DIGITS, mode="both")

    def _numbered(self, ctx: Context, event: Event) -> Move:
        digits = _said_or_keyed(event)
        if not digits:
            failed = self.unheard if isinstance(event, Speech) else None
            return failed(ctx) if failed else self.trouble(ctx, "no_input")
        read = (
            heard.choose(heard.identifier_readings(event.text), ctx.book.read_identifier)
            if isinstance(event, Speech)
            else ctx.book.read_identifier(digits)
        )
        if read.problem:
            return self.trouble(ctx, read.problem)
        self.understood(ctx, keep="correction")
        ctx.keep(number=read.number, number_kind=read.kind)
        return self._confirm(ctx)

    def _confirm(self, ctx: Context) -> Move:
        ctx.change(phase="confirm")
        cpf = ctx.value("number_kind") == "cpf"
        prompts = self.prompt_confirm_cpf if cpf else self.prompt_confirm_matricula
        return self.gather(ctx, *as_list(prompts), digits=1, finish="", mode="both", hints=YES_NO)

    def _confirmed(self, ctx: Context, event: Event) -> Move:
        answer = read_yes_no(event)
        if answer is None:
            return no_answer(self, ctx, event)
        if not answer:
            ctx.forget("number")
            if ctx.count("correction") >= CORRECTIONS:
                ctx.fact("node.gave_up", why="corrections")
                return self.exhausted(ctx)
            return self._ask_number(ctx)
        self.understood(ctx)
        kind = cast(IdKind, ctx.value("number_kind"))
        return Ask(request=FindPerson(kind=kind, number=ctx.value("number")))

    def _looked_up(self, ctx: Context, event: Event) -> Move:
        kind = ctx.value("number_kind")
        ctx.forget("number")
        if isinstance(event, RequestDone) and isinstance(event.answer, PersonLookup):
            found = event.answer
            ctx.keep(person=found.person, factors=",".join(found.factors))
            ctx.raise_level("identified")
            ctx.fact("person.identified", by=kind)
            return GoTo(target=self.then)
        return GoTo(target=self.unavailable or ctx.book.globals.fault)


def _said_or_keyed(event: Event) -> str | None:
    """Digits of keys, or of words that may tell whose number it is."""
    if isinstance(event, Speech):
        ways = heard.identifier_readings(event.text) if confident(event) else ()
        return ways[0].digits if ways else None
    return typed(event)
