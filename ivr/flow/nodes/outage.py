"""``outage``: say what everybody should know now, if a supervisor has set a message.

.. code-block:: toml

    [nodes.outage]
    type = "outage"
    say_messages = ["outage.general", "outage.email"]
    then = "menu"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.asking import AskingNode
from ivr.flow.nodes.base import as_list, node_type
from ivr.flow.requests import Answer, CheckOutage, Outage, Request

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class OutageNode(AskingNode):
    """``say_messages``: the messages that may be set; another one, or an expired one, is never
    said. When the service cannot tell, the call goes on without."""

    type: ClassVar[str] = "outage"

    say_messages: str | tuple[str, ...]
    then: str

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "then", self.then

    def request(self, ctx: Context) -> Request:
        return CheckOutage()

    def unanswered(self, ctx: Context) -> Move:
        return GoTo(target=self.then)

    def answered(self, ctx: Context, answer: Answer) -> Move:
        if isinstance(answer, Outage) and answer.prompt in as_list(self.say_messages):
            ctx.say(answer.prompt)
            ctx.fact("outage.told", prompt=answer.prompt)
        return GoTo(target=self.then)
