"""What the rules of the flow checker look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.flow.book import Flow, FlowBook
from ivr.flow.load import Defect
from ivr.flow.nodes import Node
from ivr.flow.state import Place
from ivr.flow.ways import Walk, roots, walk

GLOBALS = "[globals]"
SERVICES = "[services]"
CALL_VALUES = frozenset({"protocol", "deadline", "caller_id"})
"""Values that every call has from its first event on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A book with what it leans on. ``walk``: every arrival that its wiring allows."""

    book: FlowBook
    prompts: Mapping[str, Collection[str]]
    outcomes: frozenset[str]
    complaint_flow: str | None
    walk: Walk

    @classmethod
    def of(
        cls,
        book: FlowBook,
        *,
        prompts: Mapping[str, Collection[str]],
        outcomes: frozenset[str],
        complaint_flow: str | None,
    ) -> Subject:
        """Walk the book once, for all rules."""
        return cls(
            book=book,
            prompts=prompts,
            outcomes=outcomes,
            complaint_flow=complaint_flow,
            walk=walk(book, roots(book)),
        )

    def nodes(self) -> Iterator[tuple[Flow, str, Node]]:
        """Every node, with its flow and its name."""
        for flow in self.book.flows.values():
            for name, node in flow.nodes.items():
                yield flow, name, node

    def values(self) -> frozenset[str]:
        """Names of all values that a call may have."""
        return CALL_VALUES.union(*(node.keeps() for _, _, node in self.nodes()))

    def at(self, place: Place, key: str, text: str) -> Defect:
        """A defect of the node at a place."""
        flow = self.book.flows[place.flow]
        return Defect(file=flow.source, node=place.node, key=key, text=text)


Rule = Callable[[Subject], Iterable[Defect]]


def defect(flow: Flow, node: str, key: str, text: str) -> Defect:
    """A defect in the file of a flow."""
    return Defect(file=flow.source, node=node, key=key, text=text)


def of_book(part: str, key: str, text: str) -> Defect:
    """A defect of something that belongs to no single flow."""
    return Defect(file="", node=part, key=key, text=text)
