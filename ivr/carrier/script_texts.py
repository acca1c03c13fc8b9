"""From sounds and words on a line to the pieces of prompts that were heard.

A Play names its piece in its address. A Say is matched by its words against the service's list of
prompts (``/prompts/manifest.json``): the prompt whose fixed parts all stand in it, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.carrier.events import PlayStarted
from ivr.carrier.script_words import piece_of

_WORD = re.compile(r"\w+")
_VALUES = ("v.thousand.", "v.number.", "v.digit.")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in small letters, without punctuation."""
    return tuple(_WORD.findall(text.casefold()))


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    piece: str


class Texts:
    """Text by piece id: ``main.menu``, ``greeting.protocol~0``, ``v.digit.6`` …"""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = dict(texts or {})
        self._prompts: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        self._values: dict[tuple[str, ...], list[str]] = {}
        for piece in sorted(self.texts, key=_in_order):
            words = words_of(self.texts[piece])
            if not words:
                continue
            if piece.startswith("v."):
                if piece.startswith(_VALUES):
                    self._values.setdefault(words, []).append(piece)
            else:
                self._prompts.setdefault(piece.split("~", 1)[0], []).append((piece, words))
        self._longest = max(map(len, self._values), default=0)

    def pieces_of(self, event: PlayStarted) -> tuple[str, ...]:
        """The pieces that a sound is; empty for sounds and words that are no prompt."""
        if event.kind == "say":
            return self.pieces_in(event.text)
        piece = piece_of(event.url) if event.url else ""
        return (piece,) if piece else ()

    def pieces_in(self, said: str) -> tuple[str, ...]:
        """The pieces of the prompt that ``said`` is, with its numbers; empty for other words."""
        words = words_of(said)
        best: list[_Span] = []
        score = 0
        for parts in self._prompts.values():
            spans = _find(parts, words)
            covered = sum(span.end - span.start for span in spans or ())
            if spans and covered > score:
                best, score = spans, covered
        if not best:
            return ()
        pieces: list[str] = []
        at = 0
        for span in best:
            pieces += [*self._between(words[at : span.start]), span.piece]
            at = span.end
        return (*pieces, *self._between(words[at:]))

    def _between(self, words: Sequence[str]) -> Iterator[str]:
        at, after = 0, ""
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                found = self._values.get(tuple(words[at : at + length]))
                if found:
                    wanted = "v.number." if after.startswith("v.thousand.") else "v.digit."
                    after = next((piece for piece in found if piece.startswith(wanted)), found[0])
                    yield after
                    at += length
                    break
            else:
                at += 1


def _in_order(piece: str) -> tuple[str, int]:
    name, _, part = piece.partition("~")
    return name, int(part) if part.isdigit() else 0


def _find(
    parts: Sequence[tuple[str, tuple[str, ...]]], words: tuple[str, ...]
) -> list[_Span] | None:
    """Where the parts stand in ``words``, one after the other; None when one does not."""
    spans, at = [], 0
    for piece, part in parts:
        while words[at : at + len(part)] != part:
            at += 1
            if at + len(part) > len(words):
                return None
        spans.append(_Span(at, at + len(part), piece))
        at += len(part)
    return spans
