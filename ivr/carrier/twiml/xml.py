"""XML to a plain tree, with nothing in it that could reach outside or grow: no DOCTYPE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 50


class NotXml(ValueError):
    """The text is not a well-formed document, or uses what is refused here."""


@dataclass(slots=True, kw_only=True)
class Element:
    """``text`` is all character data inside, that of the children included, in order."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._pieces: list[list[str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name=name, attributes=attributes)
        if len(self._open) >= MAX_DEPTH:
            raise NotXml("elements are nested too deeply")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._pieces.append([])

    def end(self, name: str) -> None:
        text = "".join(self._pieces.pop())
        self._open.pop().text = text
        if self._pieces:
            self._pieces[-1].append(text)

    def characters(self, text: str) -> None:
        if self._pieces:
            self._pieces[-1].append(text)

    def refuse(self, *_: object) -> None:
        raise NotXml("a DOCTYPE is not allowed")


def read_xml(document: bytes | str) -> Element:
    """The root element. Raises NotXml for every text that cannot be read."""
    builder = _Builder()
    try:
        raw = document.encode("utf-8") if isinstance(document, str) else document
        parser = expat.ParserCreate("utf-8" if isinstance(document, str) else None)
        parser.StartElementHandler = builder.start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.characters
        parser.StartDoctypeDeclHandler = builder.refuse
        parser.buffer_text = True
        parser.Parse(raw, True)
    except NotXml:
        raise
    except (expat.ExpatError, ValueError, LookupError) as failure:
        raise NotXml(str(failure)) from failure
    if builder.root is None:
        raise NotXml("no element found")
    return builder.root
