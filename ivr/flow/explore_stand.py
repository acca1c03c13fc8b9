"""One stand of an explored call: what the engine answered, and how the call got there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ivr.flow.book import FlowBook
from ivr.flow.engine import Step, start, step
from ivr.flow.events import CallStarted, Event
from ivr.flow.nodes.branch import Branch
from ivr.flow.trail import back
from ivr.flow.verbs import EndingVerb, Say

DECISIVE = ("factors", "actions", "systems")
"""Values that nodes go by, beside those that branches look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """``spoken``: whether the turn has already said something that no key interrupts."""

    step: Step
    before: Stand | None
    happened: str
    event: Event
    spoken: bool

    @property
    def ending(self) -> EndingVerb | None:
        """The verb that ends the turn; None while a request is open."""
        last = self.step.verbs[-1] if self.step.verbs and self.step.request is None else None
        return None if isinstance(last, Say) else last

    @property
    def place(self) -> str:
        """Where the call stands."""
        at = self.step.state.at
        return f"{at.flow}.{at.node}"

    def story(self) -> tuple[str, ...]:
        """What happened from the start of the call until here."""
        told: list[str] = []
        stand: Stand | None = self
        while stand is not None:
            told.append(stand.happened)
            stand = stand.before
        return tuple(reversed(told))


def begin(book: FlowBook) -> Iterator[Stand]:
    """The stands after the first webhook, with and without a number of the caller. Our own engine
    listens: then the most may be said."""
    state = replace(start(book), own_ears=True)
    for known in (True, False):
        event = CallStarted(protocol="", deadline="", caller_id=known)
        yield Stand(
            step=step(book, state, event),
            before=None,
            happened="call" if known else "call without a number",
            event=event,
            spoken=False,
        )


def follow(book: FlowBook, stand: Stand, happened: str, event: Event) -> Stand:
    """The stand after one more event."""
    done = stand.step
    return Stand(
        step=step(book, done.state, event, speech=done.speech),
        before=stand,
        happened=happened,
        event=event,
        spoken=done.request is not None and (stand.spoken or bool(done.verbs)),
    )


def decisive_values(book: FlowBook) -> frozenset[str]:
    """Names of the values that a way through the flows may depend on."""
    looked_at = (
        node.value
        for flow in book.flows.values()
        for node in flow.nodes.values()
        if isinstance(node, Branch)
    )
    return frozenset((*DECISIVE, *looked_at))


def kind(stand: Stand, values: frozenset[str]) -> tuple[object, ...]:
    """What the future of a call depends on. Two stands of a kind differ only in counters, in
    values that nothing looks at, and in how far back the trail reaches."""
    state = stand.step.state
    way = back(state)
    return (
        state.status,
        state.at,
        state.stack,
        state.phase,
        state.waiting,
        state.level,
        state.passed,
        state.slow if "slow" in values else None,
        bool(state.values.get("person")),
        tuple((n, state.values.get(n, "")) for n in sorted(values)),
        way.to if way else None,
        type(stand.step.request or stand.ending),
    )
