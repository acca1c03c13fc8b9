"""``priority``: offer once a call, before the queue, to declare a right to be served first.

One key declares it. Silence, 0 and any other key go on to the queue: nothing has to be given.

.. code-block:: toml

    [nodes.priority]
    type = "priority"
    prompt = "priority.ask"
    say_kept = "priority.kept"
    keys.1 = "idoso"
    keys.2 = "gestante"
    then = "queue"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from ivr.flow.events import Digits, Event
from ivr.flow.moves import GoTo, Listen, Move
from ivr.flow.nodes.base import Node, as_list, node_type
from ivr.flow.nodes.listening import received
from ivr.flow.verbs import Gather

if TYPE_CHECKING:
    from ivr.flow.context import Context

ASKED = "priority_asked"
KEPT = "priority"


@node_type
class Priority(Node):
    """``keys``: key → kind of right, of ``callflows/queues.toml``. The kind is kept as the value
    ``priority`` of the call. A caller who comes by again is not asked again."""

    type: ClassVar[str] = "priority"
    listens: ClassVar[bool] = True
    silent: ClassVar[tuple[str, ...] | None] = ()

    prompt: str | tuple[str, ...]
    say_kept: str | tuple[str, ...] = ()
    keys: Mapping[str, str] = Field(min_length=1)
    timeout: int = Field(default=3, ge=2, le=4)
    then: str

    @field_validator("keys")
    @classmethod
    def _keys_of_a_telephone(cls, keys: Mapping[str, str]) -> Mapping[str, str]:
        for key in keys:
            if len(key) != 1 or key not in "12345678":
                raise ValueError(f"key {key!r}: only 1 to 8; 0, 9, * and # are the same everywhere")
        return keys

    def own_keys(self, ctx: Context) -> frozenset[str]:
        return frozenset(self.keys)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        if ctx.value(ASKED):
            return GoTo(target=self.then)
        ctx.keep(**{ASKED: "yes"})
        return self.ask_again(ctx)

    def ask_again(self, ctx: Context) -> Move:
        ctx.say(*as_list(self.prompt))
        timeout = ctx.timeout(self.timeout)
        return Listen(verb=Gather(speech=(), digits=1, finish="", timeout=timeout))

    def resume(self, ctx: Context, event: Event) -> Move:
        received(ctx, event)
        kind = self.keys.get(event.value[:1], "") if isinstance(event, Digits) else ""
        if kind:
            ctx.keep(**{KEPT: kind})
            ctx.fact("priority.declared", right=kind)
            ctx.say(*as_list(self.say_kept))
        else:
            ctx.fact("priority.passed")
        return GoTo(target=self.then)

    def exhausted(self, ctx: Context) -> Move:
        return GoTo(target=self.then)
