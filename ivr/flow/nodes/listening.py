"""Nodes that wait for keys or words: tries, faults of input, the way out when tries end.

No-input, no-match, too short and too long are different events, each with its own prompt and
its own bounded counter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ivr.flow import heard
from ivr.flow.events import Digits, Event, NoInput, Speech
from ivr.flow.moves import GoTo, Listen, Move
from ivr.flow.nodes.base import Node, as_list
from ivr.flow.verbs import Gather, InputMode

if TYPE_CHECKING:
    from ivr.flow.context import Context

Prompts = str | tuple[str, ...]
Trouble = Literal["no_input", "no_match", "too_short", "too_long"]
TROUBLES: tuple[Trouble, ...] = ("no_input", "no_match", "too_short", "too_long")
SPEECH_FAILURES = 2


class ListeningNode(Node):
    """Base of the nodes that ask for input.

    ``attempts``: most times each kind of trouble is met before ``give_up`` (default: a person).
    ``timeout``: seconds of silence, doubled in slow mode.
    """

    listens: ClassVar[bool] = True
    silent: ClassVar[tuple[str, ...] | None] = ()

    prompt: Prompts
    prompt_no_input: Prompts = ()
    prompt_no_match: Prompts = ()
    prompt_too_short: Prompts = ()
    prompt_too_long: Prompts = ()
    attempts: int = Field(default=3, ge=1, le=5)
    timeout: int = Field(default=6, ge=2, le=30)
    give_up: str = ""

    def exits(self) -> Iterator[tuple[str, str]]:
        if self.give_up:
            yield "give_up", self.give_up

    def troubles(self) -> tuple[Trouble, ...]:
        """Kinds of trouble that the node may meet; each must have its prompt."""
        return "no_input", "no_match"

    def trouble(self, ctx: Context, kind: Trouble) -> Move:
        """Count one kind of trouble; say its prompt and ask again, or give up."""
        tries = ctx.count(kind)
        ctx.fact(f"input.{kind}", tries=tries)
        if tries >= self.attempts:
            ctx.fact("node.gave_up", why=kind)
            return self.exhausted(ctx)
        ctx.say(*as_list(getattr(self, f"prompt_{kind}")))
        return self.ask_again(ctx)

    def exhausted(self, ctx: Context) -> Move:
        return GoTo(target=self.give_up or ctx.book.globals.person)

    def unheard(self, ctx: Context, kind: Trouble = "no_match") -> Move:
        """Speech that could not be used; two in a row leave only the keys."""
        failures = int(ctx.value("speech_failures") or 0) + 1
        ctx.keep(speech_failures=str(failures))
        if failures >= SPEECH_FAILURES and not ctx.state.keys_only:
            ctx.change(keys_only=True)
            ctx.fact("speech.given_up")
            ctx.say(ctx.book.globals.keys_only)
        return self.trouble(ctx, kind)

    def understood(self, ctx: Context, *, keep: str = "") -> None:
        """Input was used: forget the troubles of this node, save the counter ``keep``."""
        ctx.clear_counts(keep=keep)
        ctx.forget("speech_failures")

    def gather(
        self,
        ctx: Context,
        *prompts: str,
        digits: int,
        mode: InputMode = "keys",
        finish: str = "#",
        hints: tuple[str, ...] = (),
        secret: bool = False,
        timeout: int = 0,
    ) -> Move:
        """Speak and listen. A ``secret`` is spoken to our own engine only."""
        ctx.say(*prompts)
        deaf = ctx.state.keys_only or (secret and not ctx.state.own_ears)
        return Listen(
            verb=Gather(
                speech=(),
                mode="keys" if deaf else mode,
                digits=digits,
                finish=finish,
                timeout=ctx.timeout(timeout or self.timeout),
                hints=() if secret else hints,
                secret=secret,
                own_ears=ctx.state.own_ears and not deaf and mode != "keys",
            )
        )


def confident(event: Event) -> bool:
    """Whether speech came with enough confidence, or with none told."""
    return (
        isinstance(event, Speech)
        and bool(event.text.strip())
        and (event.confidence is None or event.confidence >= heard.LEAST_CONFIDENCE)
    )


def received(ctx: Context, event: Event) -> None:
    """Journal an input by its kind and length, never by its content."""
    if isinstance(event, Digits):
        ctx.fact("input.received", by="keys", length=len(event.value))
    elif isinstance(event, Speech):
        words = len(event.text.split())
        told = event.confidence is not None and 0 <= event.confidence <= 1
        hundredths = round((event.confidence or 0) * 100) if told else -1
        ctx.fact("input.received", by="speech", words=words, confidence=hundredths)
    elif isinstance(event, NoInput):
        ctx.fact("input.received", by="silence")


def typed(event: Event) -> str | None:
    """Digits of keys or words: what follows the last ``*`` (which starts over); None for none."""
    if isinstance(event, Digits):
        return event.value.rsplit("*", 1)[-1].rstrip("#")
    if confident(event) and isinstance(event, Speech):
        return heard.digits(event.text) or None
    return None
