"""Nodes whose request a worker carries out while the caller hears filler speech."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, get_args

from pydantic import Field

from ivr.flow.events import Event, RequestDone, RequestFailed, StillWorking
from ivr.flow.moves import Ask, GoTo, Listen, Move
from ivr.flow.nodes.base import Node, as_list
from ivr.flow.requests import JobDone, JobOutcome, Request
from ivr.flow.verbs import Filler

if TYPE_CHECKING:
    from ivr.flow.context import Context


class WorkingNode(Node):
    """``on``: outcome → target; ``other`` stands for the rest. ``patience``: fillers before
    the caller is told, truthfully, that the work goes on without them (outcome ``later``)."""

    gives: ClassVar[tuple[str, ...]] = ("job",)
    needs: ClassVar[tuple[str, ...]] = ("service",)
    outcomes: ClassVar[tuple[str, ...]] = get_args(JobOutcome)
    """Words that ``on`` may have, beside ``other``."""

    say_working: str | tuple[str, ...]
    say_still_working: str | tuple[str, ...]
    patience: int = Field(default=8, ge=1, le=20)
    on: Mapping[str, str] = Field(min_length=1)

    @abstractmethod
    def request(self, ctx: Context) -> Request:
        """What to ask for."""

    def exits(self) -> Iterator[tuple[str, str]]:
        for outcome, target in self.on.items():
            yield f"on.{outcome}", target

    def enter(self, ctx: Context) -> Move:
        return Ask(request=self.request(ctx))

    def resume(self, ctx: Context, event: Event) -> Move:
        if isinstance(event, StillWorking):
            return self.wait(ctx)
        if isinstance(event, RequestDone) and isinstance(event.answer, JobDone):
            return self.settled(ctx, event.answer)
        if isinstance(event, RequestFailed):
            # An order that failed left no job behind: nobody goes on trying.
            ordered = ctx.counted("waited") > 0
            return self.leave(ctx, "later" if ordered and not event.permanent else "refused")
        return GoTo(target=ctx.book.globals.fault)

    def settled(self, ctx: Context, answer: JobDone) -> Move:
        """The worker is done."""
        ctx.keep(job=answer.job)
        return self.leave(ctx, answer.outcome)

    def leave(self, ctx: Context, outcome: str) -> Move:
        """Go where the outcome leads."""
        ctx.fact("job.settled", outcome=outcome)
        ctx.change(waiting="")
        ctx.clear_counts()
        target = self.on.get(outcome) or self.on.get("other") or ctx.book.globals.person
        return GoTo(target=target)

    def left_behind(self, ctx: Context) -> Move:
        """Patience is over while the work goes on."""
        return self.leave(ctx, "later")

    def wait(self, ctx: Context) -> Move:
        """Another filler, or the end of patience."""
        waited = ctx.count("waited")
        if waited > self.patience:
            ctx.fact("job.left_behind")
            return self.left_behind(ctx)
        speech = self.say_working if waited == 1 else self.say_still_working
        return Listen(verb=Filler(speech=tuple(ctx.utter(p) for p in as_list(speech))))
