"""``say``: speak and go on. Keys pressed meanwhile count for the next input.

.. code-block:: toml

    [nodes.notice]
    type = "say"
    say = ["notice.recording", "notice.data"]
    notice = "2026-11"      # version of a legal notice, kept in the journal
    then = "main"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.base import Node, as_list, node_type

if TYPE_CHECKING:
    from ivr.flow.context import Context


@node_type
class Say(Node):
    """``barge_in = false``: no key interrupts this speech."""

    type: ClassVar[str] = "say"

    say: str | tuple[str, ...]
    then: str
    notice: str = ""
    barge_in: bool = True

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "then", self.then

    def enter(self, ctx: Context) -> Move:
        ctx.say(*as_list(self.say))
        if not self.barge_in:
            ctx.flush()
        if self.notice:
            ctx.fact("notice.given", version=self.notice)
        return GoTo(target=self.then)
