"""``verify``: the proofs that the policy asks for, in order: telephone PIN, code by SMS, code from
the owner's paper.

A proof that fails sounds and lasts the same whether the person exists or not.

.. code-block:: toml

    [nodes.proof]
    type = "verify"
    requires = "identified"
    prompt_pin = "verify.pin"
    prompt_code = "verify.code"
    prompt_code_again = "verify.code_again"
    prompt_or_say = "verify.or_say"
    prompt_printed = "verify.printed"
    prompt_wrong = "verify.wrong"
    prompt = []
    then = "service"
    failed = "not_proven"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow import heard
from ivr.flow.events import Event, RequestDone, RequestFailed, Speech, StillWorking
from ivr.flow.moves import Ask, GoTo, Listen, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import (
    ListeningNode,
    Prompts,
    Trouble,
    confident,
    received,
    typed,
)
from ivr.flow.requests import (
    CheckCode,
    Checked,
    CheckPin,
    CheckPrintedCode,
    CodeSent,
    Request,
    SendCode,
)
from ivr.flow.state import Level
from ivr.flow.verbs import Filler

if TYPE_CHECKING:
    from ivr.flow.context import Context

CODE_LENGTH = 6
LENGTHS: Mapping[str, tuple[int, int]] = {
    "pin": (8, 12),
    "code": (CODE_LENGTH, CODE_LENGTH),
    "printed": (8, 8),
}
"""Digits of what is asked for in each phase, least and most."""
FACTORS: Mapping[str, str] = {"pin": "pin", "code": "sms_code", "printed": "printed_code"}
STANDS_IN = "|"
"""Between a factor and the one that stands in for it when it cannot be had."""
WAIT_FOR_CODE = 20
WAITS_TO_SEND = 15
"""Fillers, of five seconds or so, until a code may be sent again: over a minute."""


@node_type
class Verify(ListeningNode):
    """``tries``: wrong secrets of one factor in a call. A PIN and a code from paper come by key
    only; a code by SMS may be spoken where our own engine listens, and ``prompt_or_say`` tells
    so. ``prompt_printed`` asks for the first unused code of the paper, and never tells which that
    is: the words are the same for whoever has no paper. Without it a policy that asks for such a
    code leads to ``failed``.

    ``say_wait``: filler for a caller who comes back within the minute between two codes; without
    it they go to ``failed``.
    """

    type: ClassVar[str] = "verify"
    proves: ClassVar[Mapping[str, Level]] = {"then": "verified"}
    silent: ClassVar[tuple[str, ...] | None] = ("then", "failed")

    prompt: Prompts = ()
    prompt_pin: Prompts
    prompt_code: Prompts
    prompt_code_again: Prompts
    prompt_or_say: Prompts = ()
    prompt_wrong: Prompts
    prompt_printed: Prompts = ()
    say_wait: Prompts = ()
    tries: int = Field(default=3, ge=1, le=3)
    then: str
    failed: str

    def troubles(self) -> tuple[Trouble, ...]:
        return "no_input", "too_short", "too_long"

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "then", self.then
        yield "failed", self.failed

    def enter(self, ctx: Context) -> Move:
        if ctx.state.level == "verified":
            return GoTo(target=self.then)
        ctx.say(*as_list(self.prompt))
        return self._next(ctx)

    def ask_again(self, ctx: Context) -> Move:
        if ctx.state.phase == "pin":
            return self._ask_pin(ctx)
        return self._ask_printed(ctx) if ctx.state.phase == "printed" else self._ask_code(ctx)

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, RequestDone):
            return self._answered(ctx, event)
        if ctx.state.phase == "too_soon":
            return self._send(ctx)
        if ctx.state.phase == "sending" or isinstance(event, RequestFailed | StillWorking):
            return GoTo(target=ctx.book.globals.fault)
        received(ctx, event)
        phase = ctx.state.phase
        if isinstance(event, Speech):
            secret = _spoken_code(event) if phase == "code" and ctx.state.own_ears else ""
        else:
            secret = typed(event) or ""
        if not secret:
            unheard = isinstance(event, Speech)
            return self.unheard(ctx, "no_input") if unheard else self.trouble(ctx, "no_input")
        least, most = LENGTHS[phase]
        if len(secret) < least:
            return self.trouble(ctx, "too_short")
        if len(secret) > most:
            return self.trouble(ctx, "too_long")
        return Ask(request=_check(phase, secret))

    def _next(self, ctx: Context) -> Move:
        wanted = [f for f in ctx.value("factors").split(",") if f]
        left = [f for f in wanted if not set(f.split(STANDS_IN)) & set(ctx.state.passed)]
        if not wanted:
            return GoTo(target=self.failed)
        if not left:
            ctx.raise_level("verified")
            ctx.fact("person.verified", factors=len(wanted))
            return GoTo(target=self.then)
        first = left[0].split(STANDS_IN)[0]
        if first == "pin":
            return self._ask_pin(ctx)
        if first == "sms_code":
            return self._send(ctx)
        if first == "printed_code":
            return self._ask_printed(ctx)
        ctx.fact("fault.factor", factor=left[0])
        return GoTo(target=ctx.book.globals.fault)

    def _send(self, ctx: Context) -> Move:
        ctx.change(phase="sending")
        return Ask(request=SendCode())

    def _wait_to_send(self, ctx: Context) -> Move:
        if not self.say_wait or ctx.count("waited") > WAITS_TO_SEND:
            return GoTo(target=self.failed)
        ctx.change(phase="too_soon")
        ctx.say(*as_list(self.say_wait))
        return Listen(verb=Filler(speech=()))

    def _ask_pin(self, ctx: Context) -> Move:
        ctx.change(phase="pin")
        return self.gather(ctx, *as_list(self.prompt_pin), digits=0, secret=True)

    def _ask_printed(self, ctx: Context) -> Move:
        if not self.prompt_printed:
            return GoTo(target=self.failed)
        ctx.change(phase="printed")
        digits = LENGTHS["printed"][1]
        return self.gather(ctx, *as_list(self.prompt_printed), digits=digits, secret=True)

    def _stood_in(self, ctx: Context) -> Move:
        """No mobile can prove anything: the code from paper, where the policy lets it stand in."""
        for factor in ctx.value("factors").split(","):
            if factor.split(STANDS_IN) == ["sms_code", "printed_code"]:
                return self._ask_printed(ctx)
        return GoTo(target=self.failed)

    def _ask_code(self, ctx: Context) -> Move:
        first = ctx.state.phase == "sending"
        ctx.change(phase="code")
        prompts = self.prompt_code if first else self.prompt_code_again
        spoken = ctx.state.own_ears and not ctx.state.keys_only
        return self.gather(
            ctx,
            *as_list(prompts),
            *(as_list(self.prompt_or_say) if spoken else ()),
            digits=CODE_LENGTH,
            mode="both",
            secret=True,
            timeout=WAIT_FOR_CODE,
        )

    def _answered(self, ctx: Context, event: RequestDone) -> Move:
        answer = event.answer
        if isinstance(answer, CodeSent):
            if answer.sent:
                ctx.fact("code.sent")
                return self._ask_code(ctx)
            if answer.no_mobile:
                return self._stood_in(ctx)
            return self._wait_to_send(ctx) if answer.too_soon else GoTo(target=self.failed)
        factor = FACTORS.get(ctx.state.phase, "sms_code")
        if not isinstance(answer, Checked):
            return GoTo(target=ctx.book.globals.fault)
        if answer.passed:
            ctx.fact("proof.passed", factor=factor)
            self.understood(ctx)
            ctx.change(passed=(*ctx.state.passed, factor))
            return self._next(ctx)
        wrong = ctx.count(f"wrong_{factor}")
        ctx.fact("proof.failed", factor=factor, tries=wrong, exhausted=answer.exhausted)
        if answer.exhausted or wrong >= self.tries:
            return GoTo(target=self.failed)
        ctx.say(*as_list(self.prompt_wrong))
        return self.ask_again(ctx)


def _spoken_code(event: Speech) -> str:
    """The likeliest reading of a code's own length, else the likeliest of all; "" for no digits."""
    ways = [way.digits for way in heard.identifier_readings(event.text)] if confident(event) else []
    return next((w for w in ways if len(w) == CODE_LENGTH), ways[0] if ways else "")


def _check(phase: str, secret: str) -> Request:
    if phase == "pin":
        return CheckPin(secret=secret)
    return CheckPrintedCode(secret=secret) if phase == "printed" else CheckCode(secret=secret)
