"""<Pause> (twilio.com/docs/voice/twiml/pause)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context, no_children
from ivr.carrier.twiml.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    seconds: int


def read_pause(element: Element, context: Context) -> Pause:
    attributes = Attributes(element, context)
    pause = Pause(seconds=attributes.integer("length", 1, least=1, code=13910))
    attributes.done()
    no_children(element, context)
    return pause
