"""Which prompts the calls use, and with which values."""

from __future__ import annotations

from ivr.domain.prompts.catalogue import Catalogue
from ivr.flow.book import FlowBook

WAITING = {
    "queue.position": frozenset({"position"}),
    "queue.wait": frozenset({"wait_minutes"}),
    "queue.callback": frozenset[str](),
    "queue.rights": frozenset[str](),
    "queue.explain": frozenset[str](),
}
"""Prompts that the queue speaks by itself (:mod:`ivr.service.waiting`)."""

DESK = {
    "desk.whisper.service": frozenset({"service_name"}),
    "desk.whisper.other": frozenset[str](),
    "desk.whisper.verified": frozenset[str](),
    "desk.whisper.identified": frozenset[str](),
    "desk.whisper.unknown": frozenset[str](),
    "desk.over": frozenset[str](),
    "desk.connecting": frozenset[str](),
    "desk.back": frozenset[str](),
    "desk.hold": frozenset[str](),
    "desk.whisper.callback": frozenset[str](),
    "desk.callback.hello": frozenset({"protocol"}),
    "desk.callback.later": frozenset[str](),
    "desk.callback.bye": frozenset[str](),
    "desk.outside.hello": frozenset[str](),
    "desk.outside.over": frozenset[str](),
    "desk.supervisor.listens": frozenset[str](),
    "desk.supervisor.waits": frozenset[str](),
}
"""Prompts of the legs of a talk (:mod:`ivr.web.room`, :mod:`ivr.service.desk.media`)."""


BARRED = {
    "barred.words": frozenset[str](),
    "barred.channels": frozenset[str](),
}
"""Prompts of a blocked caller (:mod:`ivr.service.blocked`)."""


def prompts_used(book: FlowBook, catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """Prompt id → names of the values given. The engine gives a prompt just what it asks for."""
    used = {**WAITING, **DESK, **BARRED}
    spoken = [
        prompt
        for flow in book.flows.values()
        for node in flow.nodes.values()
        for _, prompt in node.prompts()
    ]
    spoken += [s.prompt for s in book.services]
    own = book.globals
    spoken += [own.slower, own.nothing_back, own.keys_only, own.goodbye, own.again]
    for prompt in spoken:
        known = catalogue.prompts.get(prompt)
        used[prompt] = frozenset(known.placeholders) if known else frozenset()
    return used
