"""``branch``: choose the way by a value of the call.

.. code-block:: toml

    [nodes.which]
    type = "branch"
    value = "deliveries"
    contains.spoken = "ask_delivery"
    cases.link = "by_link"
    otherwise = "by_link"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import Node, node_type

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Branch(Node):
    """``cases``: exact value → target; ``contains``: member of a comma list → target.

    The values ``level`` and ``slow`` tell of the call itself.
    """

    type: ClassVar[str] = "branch"

    value: str
    cases: Mapping[str, str] = Field(default_factory=dict)
    contains: Mapping[str, str] = Field(default_factory=dict)
    otherwise: str

    def exits(self) -> Iterator[tuple[str, str]]:
        for value, target in self.cases.items():
            yield f"cases.{value}", target
        for value, target in self.contains.items():
            yield f"contains.{value}", target
        yield "otherwise", self.otherwise

    def enter(self, ctx: Context) -> Move:
        own = {"level": ctx.state.level, "slow": "yes" if ctx.state.slow else "no"}
        value = own.get(self.value, ctx.value(self.value))
        target = self.cases.get(value)
        if target is None:
            members = value.split(",")
            target = next((t for v, t in self.contains.items() if v in members), self.otherwise)
        ctx.fact("branch.taken", target=target)
        return GoTo(target=target)
