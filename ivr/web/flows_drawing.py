"""A flow's drawing for a page: Graphviz draws, each node becomes a link with today's numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from ivr.flow.book import FlowBook
from ivr.flow.draw import to_dot

SECONDS = 10
_SVG = "http://www.w3.org/2000/svg"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CHARACTER = 5.2
"""Width of a digit of the badge, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What stands on a node's corner. ``wrong``: there were errors of ours."""

    text: str
    wrong: bool = False


def can_draw() -> bool:
    """Whether Graphviz is there."""
    return shutil.which("dot") is not None


def drawing(
    book: FlowBook,
    flow: str,
    *,
    address: Callable[[str], str],
    badges: Mapping[str, Badge],
    chosen: str = "",
    path: Sequence[str] = (),
    label: str,
) -> Markup | None:
    """Inline SVG of a flow; ``address`` of a place ``flow.node``. Places and steps of ``path`` are
    lit. None when it cannot be drawn.

    Raises KeyError for a flow that is not in the book.
    """
    dot = to_dot(book, flow)
    try:
        root = Xml.fromstring(_drawn(dot))
    except (OSError, subprocess.SubprocessError, Xml.ParseError):
        return None
    Xml.register_namespace("", _SVG)
    root.set("role", "group")
    root.set("aria-label", label)
    root.set("class", "flow-drawing")
    places = set(path)
    steps = {f"{a}->{b}" for a, b in zip(path, path[1:], strict=False)}
    for parent in list(root.iter(f"{{{_SVG}}}g")):
        for index, group in enumerate(list(parent)):
            title = group.find(f"{{{_SVG}}}title")
            place = (title.text or "") if title is not None else ""
            if group.get("class") == "edge" and place in steps:
                group.set("class", "edge lit")
            if group.get("class") != "node":
                continue
            if title is not None:
                group.remove(title)
            name, _, node = place.partition(".")
            if name not in book.flows or node not in book.flows[name].nodes:
                continue
            marks = [
                word for word, on in (("lit", place in places), ("chosen", place == chosen)) if on
            ]
            group.set("class", " ".join(["node", *marks]))
            badge = badges.get(place)
            if badge is not None:
                _put(group, badge)
            link = Xml.Element(f"{{{_SVG}}}a", {"href": address(place)})
            link.append(group)
            parent[index] = link
    return Markup(Xml.tostring(root, encoding="unicode"))


@lru_cache(maxsize=64)
def _drawn(dot: str) -> bytes:
    done = subprocess.run(
        ["dot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout


def _put(group: Xml.Element, badge: Badge) -> None:
    """On the upper right corner."""
    shape = next((s for s in group if s.tag.endswith(("path", "polygon", "ellipse"))), None)
    if shape is None:
        return
    numbers = [float(n) for n in _NUMBER.findall(shape.get("d") or shape.get("points") or "")]
    if not numbers:
        return
    right, top = max(numbers[0::2]), min(numbers[1::2])
    width = _CHARACTER * len(badge.text) + 6
    kind = "badge badge-wrong" if badge.wrong else "badge"
    box = {"x": f"{right - width + 4:.1f}", "y": f"{top - 11:.1f}", "width": f"{width:.1f}"}
    Xml.SubElement(group, f"{{{_SVG}}}rect", {**box, "height": "12", "rx": "3", "class": kind})
    text = Xml.SubElement(
        group,
        f"{{{_SVG}}}text",
        {"x": f"{right - width + 7:.1f}", "y": f"{top - 2:.1f}", "class": f"{kind} badge-text"},
    )
    text.text = badge.text
