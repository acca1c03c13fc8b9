"""Every way that a call may take through the flows of a book, by wiring alone.

A spot is a node with the places that its flow and the flows around it return to. Key 0 is a way
too, from each node that listens; giving up leads the same way where the file names no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ivr.flow.book import FlowBook
from ivr.flow.nodes import Node
from ivr.flow.nodes.listening import ListeningNode
from ivr.flow.nodes.subflow import Subflow
from ivr.flow.state import LEVELS, Level, Place

PERSON_KEY = "0"
_UNHEARD = (PERSON_KEY, "give_up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place, and where the running flows return to."""

    at: Place
    stack: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return f"{self.at.flow}.{self.at.node}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out of a node. ``to`` is None for a ``return`` with nowhere to return to."""

    key: str
    to: Spot | None
    silent: bool
    """Whether the way may be taken without the caller being heard."""


def target(spot: Spot, name: str) -> Spot | None:
    """Where a target leads from a spot; None for a ``return`` that nothing called."""
    if name == "return":
        return Spot(at=spot.stack[-1], stack=spot.stack[:-1]) if spot.stack else None
    flow, _, node = name.rpartition(".")
    stack = spot.stack if not flow or flow == spot.at.flow else ()
    return Spot(at=Place(flow=flow or spot.at.flow, node=node), stack=stack)


def ways(book: FlowBook, spot: Spot) -> Iterator[Way]:
    """All ways out of a spot whose node exists."""
    node = book.node(spot.at.flow, spot.at.node)
    if node is None:
        return
    calls = list(_calls(book, spot, node))
    yield from calls
    for key, name in node.exits():
        if not (calls and key == "then"):
            silent = node.silent is None or key in node.silent
            yield Way(key=key, to=target(spot, name), silent=silent)
    if isinstance(node, ListeningNode):
        yield Way(key=PERSON_KEY, to=target(spot, book.globals.person), silent=False)


def _calls(book: FlowBook, spot: Spot, node: Node) -> Iterator[Way]:
    if not isinstance(node, Subflow):
        return
    back = Place(flow=spot.at.flow, node=node.then)
    running = {spot.at.flow, *(p.flow for p in spot.stack)}
    for key, name in node.subflows():
        flow = book.flows.get(name)
        if flow is not None and name not in running:
            start = Place(flow=name, node=flow.start)
            yield Way(key=key, to=Spot(at=start, stack=(*spot.stack, back)), silent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A spot reached with an assurance, and with some of the values that nodes need."""

    spot: Spot
    level: Level = "anonymous"
    has: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Arrivals in the order of their distance, each with the one before it and the way taken."""

    came: dict[Arrival, tuple[Arrival | None, str]] = field(default_factory=dict)

    def places(self) -> set[Place]:
        """Places that may be reached."""
        return {a.spot.at for a in self.came}

    def spots(self) -> Iterable[Spot]:
        """Spots that may be reached, nearest first."""
        return dict.fromkeys(a.spot for a in self.came)

    def road(self, arrival: Arrival) -> str:
        """A shortest way there: nodes, each with the way out that is taken."""
        parts = [str(arrival.spot)]
        before, key = self.came[arrival]
        while before is not None:
            parts.append(f"{before.spot} ({key})")
            before, key = self.came[before]
        return ", ".join(reversed(parts))


def roots(book: FlowBook) -> list[Spot]:
    """Where a call begins, and where it may be taken from any state."""
    first = book.flows[book.globals.start]
    begin = Spot(at=Place(flow=first.id, node=first.start))
    named = (target(begin, t) for t in (book.globals.person, book.globals.fault))
    return [begin, *(Spot(at=s.at) for s in named if s is not None)]


def walk(book: FlowBook, start: Iterable[Spot]) -> Walk:
    """Every arrival from some spots on, anonymous at first, breadth first.

    A node that asks for more assurance than the call has is taken as if the call had it.
    """
    needed = frozenset(
        n for f in book.flows.values() for node in f.nodes.values() for n in node.needs
    )
    came: dict[Arrival, tuple[Arrival | None, str]] = {Arrival(spot=s): (None, "") for s in start}
    queue = deque(came)
    while queue:
        arrival = queue.popleft()
        node = book.node(arrival.spot.at.flow, arrival.spot.at.node)
        if node is None:
            continue
        for way in ways(book, arrival.spot):
            if way.to is None:
                continue
            after = Arrival(
                spot=way.to,
                level=highest(arrival.level, node.requires, node.proves.get(way.key)),
                has=arrival.has | _kept(node, way.key, needed),
            )
            if after not in came:
                came[after] = (arrival, way.key)
                queue.append(after)
    return Walk(came=came)


def highest(*levels: Level | None) -> Level:
    """The highest of some levels; None counts as the lowest."""
    return LEVELS[max(LEVELS.index(level) for level in levels if level)]


def silent_road(book: FlowBook, start: Spot) -> dict[Spot, tuple[Spot | None, str]]:
    """Spots that a call may come to from a spot with no word of the caller, breadth first."""
    came: dict[Spot, tuple[Spot | None, str]] = {start: (None, "")}
    queue = deque([start])
    while queue:
        spot = queue.popleft()
        for way in ways(book, spot):
            if way.silent and way.to is not None and way.to not in came:
                came[way.to] = (spot, way.key)
                queue.append(way.to)
    return came


def _kept(node: Node, key: str, needed: frozenset[str]) -> frozenset[str]:
    return needed & frozenset(node.keeps()) if key not in _UNHEARD else frozenset()
