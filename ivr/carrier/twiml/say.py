"""<Say>: the carrier's own voice (twilio.com/docs/voice/twiml/say)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context
from ivr.carrier.twiml.xml import Element

FOREVER = 1_000
SSML = frozenset(
    {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}
)
_VOICE = re.compile(r"man|woman|alice|(Polly|Google)\.[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """``repeats`` is ``loop``, with 0 turned into the 1,000 that Twilio makes of it."""

    text: str
    voice: str
    language: str
    repeats: int


def read_say(element: Element, context: Context) -> Say | None:
    attributes = Attributes(element, context)
    voice = attributes.text("voice", "man")
    if not _VOICE.fullmatch(voice):
        context.warn(13511, "Say voice: invalid value")
        voice = "man"
    say = Say(
        text=" ".join(element.text.split()),
        voice=voice,
        language=attributes.text("language", "en-US"),
        repeats=attributes.integer("loop", 1, least=0, code=13510) or FOREVER,
    )
    attributes.done()
    marks = _marks(element)
    for name in sorted(marks - SSML):
        context.warn(12200, f"Say: element {name} is not allowed inside")
    if marks and voice in ("man", "woman", "alice"):
        context.warn(13520, "Say: this voice does not know SSML")
    if not say.text:
        context.warn(13520, "Say: empty text")
        return None
    if len(say.text) > (3_000 if voice.startswith("Polly.") else 4_096):
        context.warn(13521, "Say: text is too long")
        return None
    return say


def _marks(element: Element) -> frozenset[str]:
    names: set[str] = set()
    rest = list(element.children)
    while rest:
        child = rest.pop()
        names.add(child.name)
        rest.extend(child.children)
    return frozenset(names)
