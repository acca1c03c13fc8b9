"""The verbs after which nothing of the document runs: Redirect, Hangup, Reject, Leave."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.carrier.twiml.reading import Attributes, Context, no_children
from ivr.carrier.twiml.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """``url`` None = this document."""

    url: str | None
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """``reason`` rejected (the call ends as no-answer) or busy."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    pass


def read_redirect(element: Element, context: Context) -> Redirect:
    attributes = Attributes(element, context)
    method = attributes.method(code=13710)
    attributes.done()
    no_children(element, context)
    text = element.text.strip()
    return Redirect(url=context.resolve(text, where="Redirect") if text else None, method=method)


def read_hangup(element: Element, context: Context) -> Hangup:
    Attributes(element, context).done()
    for child in element.children:
        if child.name != "Parameter":
            context.warn(12200, f"Hangup: element {child.name} is not allowed inside")
    return Hangup()


def read_reject(element: Element, context: Context) -> Reject:
    attributes = Attributes(element, context)
    reason = attributes.choice("reason", "rejected", ("rejected", "busy"), code=13810)
    attributes.done()
    return Reject(reason=reason)


def read_leave(element: Element, context: Context) -> Leave:
    Attributes(element, context).done()
    no_children(element, context)
    return Leave()
