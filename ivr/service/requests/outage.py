"""The message in front of the menu."""

from __future__ import annotations

from ivr.flow.requests import Answer, CheckOutage, Outage
from ivr.service.requests.registry import TurnContext, handles
from ivr.service.runtime import Runtime


@handles(CheckOutage, reads=True)
def check_outage(rt: Runtime, context: TurnContext, request: CheckOutage) -> Answer:
    """The newest message that a supervisor has set, unless it has ended or expired."""
    with rt.store.begin(write=False) as tx:
        found = tx.switches.outage(now=tx.now())
    return Outage(prompt=found.prompt if found is not None else "")
