"""What a node decides: where the call goes, or what it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.flow.requests import Request
from ivr.flow.verbs import EndingVerb


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTo:
    """Continue at a target: ``node``, ``flow.node``, or ``return`` to the calling flow."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Run another flow from its start, come back to ``then``."""

    flow: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """End the turn with this verb and wait for what the telephone says."""

    verb: EndingVerb


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask the service for something and wait for the answer."""

    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """End the call after this verb."""

    verb: EndingVerb


Move = GoTo | Call | Listen | Ask | Finish
