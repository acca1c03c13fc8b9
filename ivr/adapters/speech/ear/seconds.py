"""When a caller hears what: seconds from the first word of a menu to each of its options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ivr.domain.prompts.catalogue import Catalogue
from ivr.domain.prompts.manifest import Manifest
from ivr.domain.prompts.segments import Static
from ivr.domain.prompts.spoken import KINDS, PROMPT_KIND, pieces_of

Measure = Callable[[str], float]
"""Seconds that the synthetic voice takes for a text."""

PERSON = "0"
_READ_BACK = frozenset({"cpf", "digits", "matricula"})
"""Kinds of what the caller gave: hearing it is the question itself, so that the seconds of the
options begin after it."""
_SAID_AS = {"0": r"0|zero", "*": r"asterisco", "#": r"jogo da velha"}
_CLAUSE_END = re.compile(r"[.;:!?]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a prompt. ``text`` is empty for a value."""

    text: str
    seconds: float
    read_back: bool = False


def stretches(
    prompts: Sequence[str], catalogue: Catalogue, audio: Manifest, *, named: Sequence[str]
) -> Iterator[Stretch]:
    """What is played for these prompts, with values about as long as they get; ``named``: prompts
    that may be a value. A piece without audio takes no time."""
    for prompt_id in prompts:
        for part in catalogue.prompts[prompt_id].segments:
            if isinstance(part, Static):
                yield Stretch(text=part.text, seconds=_seconds(audio, (part.piece_id,)))
            elif part.kind == PROMPT_KIND:
                longest = max((_seconds(audio, (name,)) for name in named), default=0.0)
                yield Stretch(text="", seconds=longest)
            elif part.kind in KINDS:
                pieces = pieces_of(part.kind, KINDS[part.kind].longest)
                back = part.kind in _READ_BACK
                yield Stretch(text="", seconds=_seconds(audio, pieces), read_back=back)


def until(key: str, parts: Sequence[Stretch], measure: Measure) -> float | None:
    """Seconds until the clause that tells a key has ended; None when no part tells it.

    Within a recorded piece the place is found in proportion to the synthetic voice.
    """
    passed = 0.0
    for part in parts:
        if part.read_back:
            passed = 0.0
            continue
        cut = _told(part.text, key)
        if cut is not None:
            share = measure(part.text[:cut]) / measure(part.text) if cut < len(part.text) else 1.0
            return passed + part.seconds * min(1.0, share)
        passed += part.seconds
    return None


def _told(text: str, key: str) -> int | None:
    """Where the clause that tells the key ends in the text."""
    found = re.search(rf"(?<![\w-])(?:{_SAID_AS.get(key, key)})(?![\w-])", text, re.IGNORECASE)
    if not found:
        return None
    end = _CLAUSE_END.search(text, found.end())
    return end.end() if end else len(text)


def _seconds(audio: Manifest, pieces: Sequence[str]) -> float:
    return sum(audio[piece].seconds for piece in pieces if piece in audio)
