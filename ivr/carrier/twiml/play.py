"""<Play>: a sound file or tones (twilio.com/docs/voice/twiml/play)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context, no_children
from ivr.carrier.twiml.say import FOREVER
from ivr.carrier.twiml.xml import Element

TONES = "0123456789ABCDabcd*#wW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """``url`` is absolute; "" when ``digits`` are to be played instead."""

    url: str
    digits: str
    repeats: int


def read_play(element: Element, context: Context, *, in_gather: bool = False) -> Play | None:
    attributes = Attributes(element, context)
    digits = attributes.keys("digits", "", TONES, code=13430)
    repeats = attributes.integer("loop", 1, least=0, code=13410) or FOREVER
    attributes.done()
    no_children(element, context)
    if digits and in_gather:
        context.warn(13430, "Play digits: not allowed inside Gather")
        return None
    if digits:
        return Play(url="", digits=digits, repeats=repeats)
    if not element.text.strip():
        context.warn(12200, "Play: neither a URL nor digits")
        return None
    url = context.resolve(element.text, where="Play")
    return Play(url=url, digits="", repeats=repeats) if url else None
