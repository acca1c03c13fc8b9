"""Rules of the way to a person: nobody who asks for one, or meets a fault, is sent away."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.flow.book import FlowBook
from ivr.flow.check_subject import GLOBALS, Rule, Subject, of_book
from ivr.flow.load import Defect
from ivr.flow.nodes import Node
from ivr.flow.nodes.callback import Callback
from ivr.flow.nodes.enqueue import Enqueue
from ivr.flow.nodes.hangup import HangupNode
from ivr.flow.nodes.menu import Menu
from ivr.flow.state import Place
from ivr.flow.ways import Spot, silent_road, target, walk, ways

MOST_OPTIONS = 5
"""Options of the first menu, beside 0."""
_PEOPLE = (Enqueue, Callback)


def person_reached(subject: Subject) -> Iterator[Defect]:
    """From ``person`` and ``fault`` a way leads to a queue or a callback, and asks for no data."""
    for key, start in _roots(subject.book):
        if not any(isinstance(n, _PEOPLE) for n in _without_data(subject.book, start)):
            text = "no way from here to an enqueue or callback node without giving data"
            yield of_book(GLOBALS, key, text)


def nobody_sent_away(subject: Subject) -> Iterator[Defect]:
    """No way from ``person`` or ``fault`` hangs up before the caller was heard or queued."""
    for key, start in _roots(subject.book):
        for spot, (before, way) in silent_road(subject.book, start).items():
            if isinstance(subject.book.node(spot.at.flow, spot.at.node), HangupNode):
                come = f"{before} ({way})" if before else "the target itself"
                text = f"hangs up on a caller sent to {key!r}, by way of {come}"
                yield subject.at(spot.at, "", text)


def first_menu_short(subject: Subject) -> Iterator[Defect]:
    """The first menu has few options, so that they are remembered."""
    for spot, menu in _first_menus(subject.book):
        if len(menu.keys) > MOST_OPTIONS:
            text = f"{len(menu.keys)} options in the first menu; at most {MOST_OPTIONS}"
            yield subject.at(spot.at, "keys", text)


def complaint_offered(subject: Subject) -> Iterator[Defect]:
    """The first menu has an option that leads to the complaint flow (Decree 11.034/2022)."""
    wanted = subject.complaint_flow
    if wanted is None:
        return
    if wanted not in subject.book.flows:
        yield of_book("", "complaint_flow", f"no flow {wanted!r}")
        return
    for spot, menu in _first_menus(subject.book):
        if not any(_comes_to(subject.book, spot, key, wanted) for key in menu.keys):
            yield subject.at(spot.at, "keys", f"no option of the first menu leads to {wanted!r}")


def _roots(book: FlowBook) -> Iterator[tuple[str, Spot]]:
    nowhere = Spot(at=Place(flow="", node=""))
    for key in ("person", "fault"):
        start = target(nowhere, getattr(book.globals, key))
        if start is not None and book.node(start.at.flow, start.at.node) is not None:
            yield key, start


def _without_data(book: FlowBook, start: Spot) -> Iterator[Node]:
    """Nodes that a caller may come to without giving a number, a secret or another value."""
    seen = {start}
    todo = [start]
    while todo:
        spot = todo.pop()
        node = book.node(spot.at.flow, spot.at.node)
        if node is None:
            continue
        yield node
        if node.listens and (node.proves or any(node.keeps())):
            continue
        for way in ways(book, spot):
            if way.to is not None and way.to not in seen:
                seen.add(way.to)
                todo.append(way.to)


def _first_menus(book: FlowBook) -> Iterator[tuple[Spot, Menu]]:
    """The first menu of a call; none when the start flow has no menu on any way."""
    first = book.flows[book.globals.start]
    for spot in walk(book, [Spot(at=Place(flow=first.id, node=first.start))]).spots():
        node = book.node(spot.at.flow, spot.at.node)
        if isinstance(node, Menu):
            yield spot, node
            return


def _comes_to(book: FlowBook, menu: Spot, key: str, flow: str) -> bool:
    taken = next(w.to for w in ways(book, menu) if w.key == f"keys.{key}")
    return taken is not None and any(s.at.flow == flow for s in silent_road(book, taken))


RULES: tuple[Rule, ...] = (
    person_reached,
    nobody_sent_away,
    first_menu_short,
    complaint_offered,
)
