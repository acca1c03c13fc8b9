"""``reset_systems``: a new password for every system of the person, each told by its name.

Each system has its own job; one that fails keeps none of the others from being done.

.. code-block:: toml

    [nodes.reset_all]
    type = "reset_systems"
    requires = "verified"
    say_working = "reset.working"
    say_still_working = "reset.still_working"
    say_done = "systems.done"
    say_later = "systems.later"
    say_limited = "systems.limited"
    say_failed = "systems.failed"
    on.done = "told_all"
    on.later = "told_later"
    on.partly = "told_partly"
    on.other = "person"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ivr.flow.events import Event, RequestDone, RequestFailed, StillWorking
from ivr.flow.moves import Ask, Listen, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.listening import Prompts
from ivr.flow.nodes.working import WorkingNode
from ivr.flow.requests import JobOutcome, ReadSystems, Request, ResetSystems, SystemsReset
from ivr.flow.state import Level
from ivr.flow.verbs import Filler

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class ResetAllSystems(WorkingNode):
    """``say_done``, ``say_later``, ``say_limited``, ``say_failed``: said of each system, with its
    name as ``service_name``. ``on``: ``done`` all of them; ``later`` the rest is being tried;
    ``partly`` one failed for good and another did not; ``none`` all failed for good."""

    type: ClassVar[str] = "reset_systems"
    needs: ClassVar[tuple[str, ...]] = ("systems",)
    gives: ClassVar[tuple[str, ...]] = ("service_name",)
    outcomes: ClassVar[tuple[str, ...]] = ("done", "later", "partly", "none")

    requires: Level = "verified"
    say_done: Prompts
    say_later: Prompts
    say_limited: Prompts
    say_failed: Prompts

    def request(self, ctx: Context) -> Request:
        return ResetSystems(services=_systems(ctx))

    def enter(self, ctx: Context) -> Move:
        ctx.change(phase="ordering")
        return super().enter(ctx)

    def resume(self, ctx: Context, event: Event) -> Move:
        ordering = ctx.state.phase == "ordering"
        if isinstance(event, RequestDone) and isinstance(event.answer, SystemsReset):
            return self._told(ctx, event.answer.outcomes)
        if isinstance(event, RequestFailed) and ordering:
            return self._tell(ctx, _alike(ctx, "refused"))
        if isinstance(event, RequestFailed) or (isinstance(event, StillWorking) and ordering):
            return self._keep_waiting(ctx)
        return Ask(request=ReadSystems(services=_systems(ctx)))

    def left_behind(self, ctx: Context) -> Move:
        return self._tell(ctx, _alike(ctx, "later"))

    def _told(self, ctx: Context, outcomes: tuple[JobOutcome, ...]) -> Move:
        if "later" not in outcomes:
            return self._tell(ctx, outcomes)
        if ctx.counted("waited") >= self.patience:
            ctx.fact("job.left_behind")
            return self._tell(ctx, outcomes)
        return self._keep_waiting(ctx)

    def _keep_waiting(self, ctx: Context) -> Move:
        ctx.change(phase="working", waiting=ResetSystems.__name__)
        move = self.wait(ctx)
        if not (isinstance(move, Listen) and isinstance(move.verb, Filler)):
            ctx.change(waiting="")
        return move

    def _tell(self, ctx: Context, outcomes: tuple[JobOutcome, ...]) -> Move:
        for key, outcome in zip(_systems(ctx), outcomes, strict=True):
            service = ctx.book.service(key)
            ctx.fact("system.settled", service=key, outcome=outcome)
            ctx.say(*self._words(outcome), service_name=service.prompt if service else "")
        return self.leave(ctx, _sum(outcomes))

    def _words(self, outcome: JobOutcome) -> tuple[str, ...]:
        words = {"done": self.say_done, "later": self.say_later, "limited": self.say_limited}
        return as_list(words.get(outcome, self.say_failed))


def _systems(ctx: Context) -> tuple[str, ...]:
    return tuple(key for key in ctx.value("systems").split(",") if key)


def _alike(ctx: Context, outcome: JobOutcome) -> tuple[JobOutcome, ...]:
    return tuple(outcome for _ in _systems(ctx))


def _sum(outcomes: tuple[JobOutcome, ...]) -> str:
    """What the systems come to together."""
    failed = sum(outcome not in ("done", "later") for outcome in outcomes)
    if failed:
        return "none" if failed == len(outcomes) else "partly"
    return "later" if "later" in outcomes else "done"
