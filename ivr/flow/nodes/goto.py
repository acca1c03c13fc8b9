"""``goto``: continue at another node, of this or another flow, or ``return`` to the caller flow.

.. code-block:: toml

    [nodes.done]
    type = "goto"
    to = "return"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import Node, node_type

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class GotoNode(Node):
    """Its use is to give an outcome or a requirement to a way."""

    type: ClassVar[str] = "goto"

    to: str

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "to", self.to

    def enter(self, ctx: Context) -> Move:
        return GoTo(target=self.to)
