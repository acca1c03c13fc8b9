"""``enqueue``: wait in the queue for an agent; with no agent at the desk, a person's telephone is
rung first, if there is one.

.. code-block:: toml

    [nodes.queue]
    type = "enqueue"
    queue = "atendimento"
    max_wait = 600
    say_waiting = "queue.waiting"
    answered = "rate"
    unanswered = "callback"
    wish.callback = "callback"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow.events import DialEnded, Event, LeftQueue, RequestDone, RequestFailed
from ivr.flow.moves import Ask, Finish, GoTo, Listen, Move
from ivr.flow.nodes.base import Node, as_list, node_type
from ivr.flow.requests import CheckQueue, QueueState
from ivr.flow.verbs import Dial, Hangup
from ivr.flow.verbs import Enqueue as EnqueueVerb

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Enqueue(Node):
    """``max_wait`` seconds in the queue. ``wish``: what may be asked for while waiting:
    ``callback`` (key 1), ``explain`` (key 2: say what is needed, once a call, the place is kept),
    ``proof`` (an agent sends the caller there).
    A queue that a supervisor has closed is left at once by ``unanswered``.

    Whoever is to wait again (a talk was handed over) waits on in the old place.
    """

    type: ClassVar[str] = "enqueue"
    gives: ClassVar[tuple[str, ...]] = ("waiting", "wait_minutes")
    silent: ClassVar[tuple[str, ...] | None] = ()

    queue: str = Field(pattern=r"^[a-z_]{1,40}$")
    max_wait: int = Field(default=600, ge=30, le=3600)
    say_ringing: str | tuple[str, ...] = ()
    say_waiting: str | tuple[str, ...] = ()
    answered: str
    unanswered: str
    wish: Mapping[str, str] = Field(default_factory=dict)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "answered", self.answered
        yield "unanswered", self.unanswered
        for wish, target in self.wish.items():
            yield f"wish.{wish}", target

    def enter(self, ctx: Context) -> Move:
        return Ask(request=CheckQueue(queue=self.queue))

    def resume(self, ctx: Context, event: Event) -> Move:
        match event:
            case RequestDone(answer=QueueState() as state):
                return self._start(ctx, state)
            case RequestFailed():
                return self._wait(ctx)
            case DialEnded(status=status):
                ctx.fact("agent.dialled", status=status)
                done = status in ("completed", "answered")
                return GoTo(target=self.answered) if done else self._wait(ctx)
            case LeftQueue(result=result, wish=wish):
                known = wish if wish in self.wish else ""
                ctx.fact("queue.left", result=result, wish=known, seconds=event.seconds)
                if result == "hangup":
                    return Finish(verb=Hangup(speech=()))
                if result in ("requeue", "redirected"):
                    return self._wait(ctx)
                if wish in self.wish:
                    return GoTo(target=self.wish[wish])
                bridged = result == "bridged"
                return GoTo(target=self.answered if bridged else self.unanswered)
            case _:
                return GoTo(target=self.unanswered)

    def _start(self, ctx: Context, state: QueueState) -> Move:
        ctx.keep(waiting=str(state.waiting), wait_minutes=str(state.wait_minutes))
        if state.closed:
            ctx.fact("queue.closed", queue=self.queue)
            return GoTo(target=self.unanswered)
        if state.agent_phone:
            ctx.say(*as_list(self.say_ringing))
            return Listen(verb=Dial(speech=()))
        return self._wait(ctx)

    def _wait(self, ctx: Context) -> Move:
        ctx.fact("queue.entered", queue=self.queue)
        ctx.say(*as_list(self.say_waiting))
        return Listen(verb=EnqueueVerb(speech=(), queue=self.queue, max_wait=self.max_wait))
