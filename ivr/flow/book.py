"""The flows of one revision, and what they may lean on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from ivr.flow.nodes.base import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A system or service that a caller may name by its code."""

    code: str
    key: str
    prompt: str
    """Prompt id of its spoken name."""
    words: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    """Of ``reset`` and ``unlock``; empty: a person must help."""
    deliveries: tuple[str, ...] = ("link",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRead:
    """A keyed number, read. ``problem`` is empty when it is well formed."""

    kind: str = ""
    number: str = field(default="", repr=False)
    problem: Literal["", "too_short", "too_long", "no_match"] = ""


NumberReader = Callable[[str], NumberRead]


class Globals(BaseModel):
    """Targets and prompts that hold in every state (table ``[globals]`` of one flow file)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: str
    """Flow that a call begins with."""
    person: str
    """Target of key 0, of the word "atendente", and of every road that gives up."""
    fault: str
    """Target after an error of ours: an apology, then a person."""
    slower: str
    """Prompt that confirms the slow mode."""
    nothing_back: str
    """Prompt for "back" where there is nothing to go back to."""
    keys_only: str
    """Prompt after two failures of speech in a row: only keys from now on."""
    goodbye: str
    """Last words when even the fault target fails."""
    again: str
    """Prompt before a repetition, so that a repeat is told from an echo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow file. Node names are unique within it."""

    id: str
    title: str
    start: str
    nodes: Mapping[str, Node]
    source: str = ""
    """File name, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBook:
    """All flows of a revision. ``placeholders``: names that each known prompt needs."""

    revision: str
    flows: Mapping[str, Flow]
    globals: Globals
    services: tuple[Service, ...] = ()
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read_identifier: NumberReader = field(default=lambda digits: NumberRead(number=digits))
    read_protocol: NumberReader = field(default=lambda digits: NumberRead(number=digits))

    def node(self, flow: str, node: str) -> Node | None:
        """The node at a place, None when this revision lacks it."""
        found = self.flows.get(flow)
        return found.nodes.get(node) if found else None

    def service(self, key: str) -> Service | None:
        """The service with this key."""
        return next((s for s in self.services if s.key == key), None)
