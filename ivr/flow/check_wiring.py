"""Rules of wiring: what is named must exist, and no flow runs within itself."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.flow.check_subject import GLOBALS, Rule, Subject, defect, of_book
from ivr.flow.load import Defect
from ivr.flow.nodes.subflow import Subflow


def start_exists(subject: Subject) -> Iterator[Defect]:
    """A flow begins with one of its nodes."""
    for flow in subject.book.flows.values():
        if flow.start not in flow.nodes:
            yield defect(flow, "", "start", f"no node {flow.start!r} in this flow")


def targets_exist(subject: Subject) -> Iterator[Defect]:
    """Every way out leads to a node, or to ``return``."""
    for flow, name, node in subject.nodes():
        for key, target in node.exits():
            if isinstance(node, Subflow) and (target == "return" or "." in target):
                yield defect(flow, name, key, f"{target!r} must be a node of this flow")
            elif target != "return":
                text = _missing(subject, target, flow.id)
                if text:
                    yield defect(flow, name, key, text)


def globals_exist(subject: Subject) -> Iterator[Defect]:
    """``person`` and ``fault`` hold in every flow, so they name flow and node."""
    for key in ("person", "fault"):
        target = getattr(subject.book.globals, key)
        if "." not in target:
            yield of_book(GLOBALS, key, f"{target!r} must be written flow.node")
        else:
            text = _missing(subject, target, "")
            if text:
                yield of_book(GLOBALS, key, text)


def subflows_exist(subject: Subject) -> Iterator[Defect]:
    """A subflow is a flow of the book."""
    for flow, name, node in subject.nodes():
        for key, called in node.subflows():
            if called not in subject.book.flows:
                yield defect(flow, name, key, f"no flow {called!r}")


def no_recursion(subject: Subject) -> Iterator[Defect]:
    """A flow never runs within itself, however far down."""
    calls: dict[str, set[str]] = {}
    for flow, _, node in subject.nodes():
        calls.setdefault(flow.id, set()).update(called for _, called in node.subflows())
    for flow, name, node in subject.nodes():
        for key, called in node.subflows():
            road = _road(calls, called, flow.id)
            if road:
                text = "the flow runs within itself: " + " > ".join((flow.id, *road))
                yield defect(flow, name, key, text)


def _road(calls: dict[str, set[str]], start: str, end: str) -> tuple[str, ...]:
    """A shortest chain of calls, with both ends; empty when there is none."""
    roads: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for road in roads:
        if road[-1] == end:
            return road
        for called in sorted(calls.get(road[-1], set()) - seen):
            seen.add(called)
            roads.append((*road, called))
    return ()


def _missing(subject: Subject, target: str, here: str) -> str:
    flow_id, _, node = target.rpartition(".")
    flow = subject.book.flows.get(flow_id or here)
    if flow is None:
        return f"no flow {flow_id!r} for target {target!r}"
    return "" if node in flow.nodes else f"no node {node!r} in flow {flow.id!r}"


RULES: tuple[Rule, ...] = (
    start_exists,
    targets_exist,
    globals_exist,
    subflows_exist,
    no_recursion,
)
