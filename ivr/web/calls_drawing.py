"""The drawing of a flow with the way of a call lit: Graphviz makes it when it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from xml.etree import ElementTree as Xml

from ivr.flow.book import FlowBook
from ivr.flow.draw import to_dot

SECONDS = 10
LIT = "#1351b4"
_SVG = "http://www.w3.org/2000/svg"
_HREF = "http://www.w3.org/1999/xlink"


def can_draw() -> bool:
    """Whether Graphviz is there."""
    return shutil.which("dot") is not None


def flows_of(path: Sequence[str]) -> list[str]:
    """Flows that a way touches, in its order."""
    return list(dict.fromkeys(place.partition(".")[0] for place in path))


def lit_drawing(book: FlowBook, flow: str, path: Sequence[str]) -> bytes:
    """SVG of a flow; places and steps of the way are thick and blue, the first one numbered.

    Raises KeyError for a flow that is not in the book, OSError or subprocess.SubprocessError when
    Graphviz cannot draw it.
    """
    return _light(_drawn(to_dot(book, flow)), path)


@lru_cache(maxsize=64)
def _drawn(dot: str) -> bytes:
    done = subprocess.run(
        ["dot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=SECONDS, check=True
    )
    return done.stdout


def _light(svg: bytes, path: Sequence[str]) -> bytes:
    Xml.register_namespace("", _SVG)
    Xml.register_namespace("xlink", _HREF)
    root = Xml.fromstring(svg)
    places = set(path)
    steps = {f"{a}->{b}" for a, b in zip(path, path[1:], strict=False)}
    for group in root.iter(f"{{{_SVG}}}g"):
        title = group.find(f"{{{_SVG}}}title")
        name = (title.text or "") if title is not None else ""
        if (group.get("class") == "node" and name in places) or (
            group.get("class") == "edge" and name in steps
        ):
            for shape in group:
                if shape.tag.endswith(("path", "polygon", "ellipse")):
                    shape.set("stroke", LIT)
                    shape.set("stroke-width", "4")
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
