"""Verbs that Twilio has and this carrier only reads: it says so, and goes on."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Context
from ivr.carrier.twiml.xml import Element

TAGS = ("Start", "Stop", "Pay", "Prompt", "Refer", "Sms", "Echo", "Siprec", "Message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    tag: str


def read_unsupported(element: Element, context: Context) -> Unsupported:
    return Unsupported(tag=element.name)
