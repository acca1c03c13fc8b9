"""``hangup``: last words, end of the call.

.. code-block:: toml

    [nodes.bye]
    type = "hangup"
    say = ["bye.protocol", "bye"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import Finish, Move
from ivr.flow.nodes.base import Node, as_list, node_type
from ivr.flow.verbs import Hangup

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class HangupNode(Node):
    """The call is over for the engine once this verb is given."""

    type: ClassVar[str] = "hangup"

    say: str | tuple[str, ...] = ()

    def enter(self, ctx: Context) -> Move:
        ctx.say(*as_list(self.say))
        ctx.fact("call.finished", outcome=ctx.state.outcome)
        return Finish(verb=Hangup(speech=()))
