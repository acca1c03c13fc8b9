"""Redirect, Hangup, Reject, Leave, and the verbs that are only read."""

from __future__ import annotations

from ivr.carrier.call import Goto
from ivr.carrier.execute.session import Ending, Next, Session
from ivr.carrier.problem import warning
from ivr.carrier.twiml.document import Document
from ivr.carrier.twiml.ending import Hangup, Leave, Redirect, Reject
from ivr.carrier.twiml.unsupported import Unsupported


async def execute_redirect(verb: Redirect, session: Session, document: Document) -> Next:
    return Goto(url=verb.url or document.url, method=verb.method)


async def execute_hangup(verb: Hangup, session: Session, document: Document) -> Next:
    return Ending(how="hangup")


async def execute_reject(verb: Reject, session: Session, document: Document) -> Next:
    """Refuses a call that still rings; ends one that has been answered."""
    if session.call.answered:
        return Ending(how="hangup")
    return Ending(how="busy" if verb.reason == "busy" else "rejected")


async def execute_leave(verb: Leave, session: Session, document: Document) -> Next:
    return Ending(how="leave")


async def execute_unsupported(verb: Unsupported, session: Session, document: Document) -> Next:
    session.exchange.wire.log(
        session.call, warning(12200, f"{verb.tag} is not supported here"), url=document.url
    )
    return None
