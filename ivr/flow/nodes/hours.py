"""``hours``: whether people answer now; keeps why not, and when they do next.

.. code-block:: toml

    [nodes.open]
    type = "hours"
    open = "queue"
    closed = "closed"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.asking import AskingNode
from ivr.flow.nodes.base import node_type
from ivr.flow.requests import Answer, CheckHours, Hours, Request

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class HoursNode(AskingNode):
    """``say_<reason>``: one prompt for each reason of being closed.

    When the calendar cannot be asked, the call goes on as if open: the queue has a way out too.
    """

    type: ClassVar[str] = "hours"
    gives: ClassVar[tuple[str, ...]] = ("reopens_date", "reopens_time")

    open: str
    closed: str
    say_night: str
    say_weekend: str
    say_holiday: str

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "open", self.open
        yield "closed", self.closed

    def request(self, ctx: Context) -> Request:
        return CheckHours()

    def unanswered(self, ctx: Context) -> Move:
        ctx.fact("hours.unknown")
        return GoTo(target=self.open)

    def answered(self, ctx: Context, answer: Answer) -> Move:
        if not isinstance(answer, Hours):
            return self.unanswered(ctx)
        ctx.fact("hours.checked", open=answer.open, reason=answer.reason)
        if answer.open:
            return GoTo(target=self.open)
        ctx.keep(reopens_date=answer.reopens_date, reopens_time=answer.reopens_time)
        said = {"weekend": self.say_weekend, "night": self.say_night}
        ctx.say(said.get(answer.reason, self.say_holiday))
        return GoTo(target=self.closed)
