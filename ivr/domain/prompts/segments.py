"""A prompt's text split at its placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*):([a-z][a-z0-9_]*)\}")
_SPEAKABLE = re.compile(r"\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Static:
    """Words that never change, rendered or recorded once."""

    piece_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Place of a value."""

    name: str
    kind: str


Segment = Static | Slot


def split(prompt_id: str, text: str) -> tuple[Segment, ...]:
    """Segments of a text. Raises ValueError on a brace that is no placeholder, and on one name
    with two kinds.

    Without placeholders the piece has the prompt's own id, else ``id~0``, ``id~1`` … Parts that
    are only punctuation make no sound and give no piece.
    """
    found = list(PLACEHOLDER.finditer(text))
    if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
        raise ValueError("a placeholder is written {name:kind}, in small letters")
    if not found:
        if not _SPEAKABLE.search(text):
            raise ValueError("has no words")
        return (Static(piece_id=prompt_id, text=text),)
    kinds: dict[str, str] = {}
    segments: list[Segment] = []
    start = count = 0
    for match in found:
        name, kind = match[1], match[2]
        if kinds.setdefault(name, kind) != kind:
            raise ValueError(f"{name} has two kinds")
        count += _add_static(segments, f"{prompt_id}~{count}", text[start : match.start()])
        segments.append(Slot(name=name, kind=kind))
        start = match.end()
    _add_static(segments, f"{prompt_id}~{count}", text[start:])
    return tuple(segments)


def _add_static(segments: list[Segment], piece_id: str, part: str) -> int:
    if not _SPEAKABLE.search(part):
        return 0
    segments.append(Static(piece_id=piece_id, text=part.strip().lstrip(".,;:!?) ")))
    return 1
