"""Rules about what may happen on some way through the flows; each names such a way."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from ivr.flow.check_subject import Rule, Subject, defect
from ivr.flow.load import Defect
from ivr.flow.nodes import Node
from ivr.flow.state import LEVELS, Place
from ivr.flow.ways import Arrival, Spot, ways


def all_reachable(subject: Subject) -> Iterator[Defect]:
    """Each flow and each of its nodes is on some way."""
    reached = subject.walk.places()
    for flow in subject.book.flows.values():
        idle = [n for n in flow.nodes if Place(flow=flow.id, node=n) not in reached]
        if len(idle) == len(flow.nodes):
            yield defect(flow, "", "id", f"nothing leads to flow {flow.id!r}")
            continue
        for name in idle:
            yield defect(flow, name, "", "nothing leads to this node")


def requirements_met(subject: Subject) -> Iterator[Defect]:
    """No way leads to a node with less assurance than it requires."""
    told: set[Place] = set()
    by_level = sorted(_arrivals(subject), key=lambda pair: LEVELS.index(pair[0].level))
    for arrival, node in by_level:
        at = arrival.spot.at
        if LEVELS.index(arrival.level) < LEVELS.index(node.requires) and at not in told:
            told.add(at)
            road = subject.walk.road(arrival)
            text = f"needs {node.requires}, but a call may arrive {arrival.level}: {road}"
            yield subject.at(at, "requires", text)


def values_known(subject: Subject) -> Iterator[Defect]:
    """No way leads to a node before the values that it works with are known."""
    told: set[tuple[Place, str]] = set()
    for arrival, node in _arrivals(subject):
        at = arrival.spot.at
        for name in node.needs:
            if name not in arrival.has and (at, name) not in told:
                told.add((at, name))
                text = f"the value {name!r} may be unknown here: {subject.walk.road(arrival)}"
                yield subject.at(at, "", text)


def returns_called(subject: Subject) -> Iterator[Defect]:
    """``return`` stands only where a flow was called."""
    called = {name for _, _, node in subject.nodes() for _, name in node.subflows()}
    told: set[tuple[Place, str]] = set()
    for arrival, _ in _arrivals(subject):
        at = arrival.spot.at
        for way in ways(subject.book, arrival.spot):
            if way.to is None and (at, way.key) not in told:
                told.add((at, way.key))
                text = f"'return', but no flow calls {at.flow!r}"
                if at.flow in called:
                    text = f"'return' with nowhere to return to: {subject.walk.road(arrival)}"
                yield subject.at(at, way.key, text)


def no_silent_loop(subject: Subject) -> Iterator[Defect]:
    """No way runs in a circle without a node that hears the caller."""
    leads: dict[Spot, dict[Spot, str]] = {
        spot: {w.to: w.key for w in ways(subject.book, spot) if w.silent and w.to is not None}
        for spot in subject.walk.spots()
    }
    told: set[frozenset[Place]] = set()
    while circle := _circle(leads):
        del leads[circle[-1]][circle[0]]
        places = frozenset(s.at for s in circle)
        if places in told:
            continue
        told.add(places)
        first = min(range(len(circle)), key=lambda i: str(circle[i]))
        circle = [*circle[first:], *circle[:first]]
        road = ", ".join(map(str, (*circle, circle[0])))
        yield subject.at(circle[0].at, "", f"runs in a circle that never hears the caller: {road}")


def _circle(leads: dict[Spot, dict[Spot, str]]) -> list[Spot]:
    """Some circle, each spot once; empty when there is none."""
    try:
        TopologicalSorter(leads).prepare()
    except CycleError as error:
        circle: list[Spot] = error.args[1]
        return circle[:0:-1]
    return []


def _arrivals(subject: Subject) -> Iterator[tuple[Arrival, Node]]:
    for arrival in subject.walk.came:
        node = subject.book.node(arrival.spot.at.flow, arrival.spot.at.node)
        if node is not None:
            yield arrival, node


RULES: tuple[Rule, ...] = (
    all_reachable,
    requirements_met,
    values_known,
    returns_called,
    no_silent_loop,
)
