"""Invented callers who say a word, each with a voice of its own."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from ivr.adapters.speech.sound import Silent, telephone_mulaw
from ivr.adapters.speech.synthesis import Render, SynthesisError, renderers
from ivr.adapters.speech.telephone_wav import RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """``voice`` as espeak-ng names it, with a variant; ``rate`` in words a minute."""

    voice: str
    rate: int


CALLERS = (
    Caller(voice="roa/pt-br+f4", rate=150),
    Caller(voice="roa/pt-br+m6", rate=165),
    Caller(voice="roa/pt-br+Annie", rate=140),
    Caller(voice="roa/pt-br+pablo", rate=155),
)
"""Voices that the model of the tests never learned from."""


def said_by(
    callers: Iterable[Caller], phrases: Iterable[str], *, workers: int = 2
) -> dict[tuple[str, Caller], bytes]:
    """µ-law of each phrase by each caller. Raises SynthesisError."""
    way = renderers()[-1]
    wanted = [(phrase, caller) for phrase in dict.fromkeys(phrases) for caller in callers]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        sounds = pool.map(lambda pair: _spoken(way, *pair), wanted)
        return dict(zip(wanted, sounds, strict=True))


@cache
def seconds_of(text: str, *, voice: str, rate: int) -> float:
    """Length of a text in a synthetic voice, without the quiet around it."""
    return len(_spoken(renderers()[-1], text, Caller(voice=voice, rate=rate))) / RATE


def _spoken(way: Render, phrase: str, caller: Caller) -> bytes:
    try:
        return telephone_mulaw(way(phrase, caller.voice, caller.rate))
    except Silent as error:
        raise SynthesisError(f"“{phrase}”: {error}") from error
