"""``subflow``: run another flow, come back when it returns.

.. code-block:: toml

    [nodes.identify]
    type = "subflow"
    flow = "identify"
    then = "service"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import Call, Move
from ivr.flow.nodes.base import Node, node_type

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Subflow(Node):
    """``then`` is a node of this flow."""

    type: ClassVar[str] = "subflow"

    flow: str
    then: str

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "then", self.then

    def subflows(self) -> Iterator[tuple[str, str]]:
        yield "flow", self.flow

    def enter(self, ctx: Context) -> Move:
        return Call(flow=self.flow, then=self.then)
