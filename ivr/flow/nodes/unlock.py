"""``unlock``: unlock the account of the chosen service; its password stays.

.. code-block:: toml

    [nodes.unlock]
    type = "unlock"
    requires = "verified"
    say_working = "unlock.working"
    say_still_working = "reset.still_working"
    on.done = "told"
    on.other = "person"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ivr.flow.nodes.base import node_type
from ivr.flow.nodes.working import WorkingNode
from ivr.flow.requests import Request, UnlockAccount
from ivr.flow.state import Level

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Unlock(WorkingNode):
    """Distinct from a reset on the ticket."""

    type: ClassVar[str] = "unlock"

    requires: Level = "verified"

    def request(self, ctx: Context) -> Request:
        return UnlockAccount(service=ctx.value("service"))
