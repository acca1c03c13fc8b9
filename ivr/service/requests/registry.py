"""The registry of request handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.flow.events import Event, RequestDone, RequestFailed
from ivr.flow.requests import Answer, Request
from ivr.ports.errors import PortError
from ivr.ports.store import CallRow, Transaction
from ivr.service.runtime import Runtime
from ivr.service.session import Person, Session

Effect = Callable[[Transaction], Any]


@dataclass(slots=True)
class TurnContext:
    """A turn while its requests run. Handlers may replace ``session`` and add ``effects``."""

    call: CallRow
    turn: int
    session: Session
    effects: list[Effect]

    @property
    def person(self) -> Person:
        """The person of this call. Raises LookupError before identification."""
        if self.session.person is None:
            raise LookupError("nobody was identified")
        return self.session.person

    @property
    def key(self) -> str:
        """Name of this turn, the same on every retry of it."""
        return f"{self.call.sid}:{self.turn}"


Handler = Callable[[Runtime, TurnContext, Any], Answer | Event]
HANDLERS: dict[type, Handler] = {}
ONLY_READS: set[type] = set()
"""Requests that change nothing: two copies of a webhook may carry one out side by side."""


def handles(request: type, *, reads: bool = False) -> Callable[[Handler], Handler]:
    """Register the handler of a request class. ``reads``: it changes nothing anywhere."""

    def register(handler: Handler) -> Handler:
        HANDLERS[request] = handler
        if reads:
            ONLY_READS.add(request)
        return handler

    return register


def run_request(rt: Runtime, context: TurnContext, request: Request) -> Event:
    """Carry a request out. An outside failure becomes RequestFailed."""
    try:
        result = HANDLERS[type(request)](rt, context, request)
    except PortError as error:
        return RequestFailed(permanent=error.permanent, reason=error.reason)
    return result if isinstance(result, Event) else RequestDone(answer=result)
