"""``reset``: a new password for the chosen service, made by the worker exactly once.

.. code-block:: toml

    [nodes.reset]
    type = "reset"
    requires = "verified"
    delivery = "link"
    say_working = "reset.working"
    say_still_working = "reset.still_working"
    on.done = "told"
    on.later = "told_later"
    on.other = "person"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ivr.flow.events import Event
from ivr.flow.moves import GoTo, Listen, Move
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.nodes.working import WorkingNode
from ivr.flow.requests import JobDone, Request, ResetPassword
from ivr.flow.state import Level
from ivr.flow.verbs import SpeakSecret

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Reset(WorkingNode):
    """``spoken``: the temporary password is spelled twice from a one-time audio address."""

    type: ClassVar[str] = "reset"

    requires: Level = "verified"
    delivery: Literal["link", "spoken"]
    say_secret: str | tuple[str, ...] = ()

    def request(self, ctx: Context) -> Request:
        return ResetPassword(service=ctx.value("service"), delivery=self.delivery)

    def settled(self, ctx: Context, answer: JobDone) -> Move:
        if self.delivery == "spoken" and answer.outcome == "done":
            ctx.keep(job=answer.job)
            ctx.change(phase="spoken")
            ctx.fact("secret.spoken")
            ctx.say(*as_list(self.say_secret))
            return Listen(verb=SpeakSecret(speech=(), job=answer.job))
        return super().settled(ctx, answer)

    def resume(self, ctx: Context, event: Event) -> Move:
        if ctx.state.phase == "spoken":
            ctx.fact("job.settled", outcome="done")
            return GoTo(target=self.on.get("done") or ctx.book.globals.person)
        return super().resume(ctx, event)
