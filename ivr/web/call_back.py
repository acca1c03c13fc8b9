"""Webhooks of the leg of a citizen who is called back. They touch only the database."""

from __future__ import annotations

import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import call_back_documents, documents
from ivr.adapters.twilio.links import offer_of_query
from ivr.service.desk import citizen_leg
from ivr.web.carrier_answers import bound, query, xml
from ivr.web.edge import edge, runtime
from ivr.web.guards import signed_fields

bp = Blueprint("call_back", __name__)
log = structlog.get_logger("ivr.voice")


bound(bp)


@bp.post("/voice/citizen")
def citizen() -> ResponseReturnValue:
    """The citizen has picked up."""
    inbound = signed_fields("agent")
    offer = offer_of_query(query())
    here, answer = edge(), None
    if offer is not None and "ErrorCode" not in inbound.fields:
        answer = citizen_leg.answers(runtime(), offer=offer, leg=inbound.call_sid)
    if answer is None:
        return xml(call_back_documents.nobody(voice=here.voice))
    return xml(
        call_back_documents.citizen(
            answer.protocol, call_sid=answer.call_sid, links=here.links, voice=here.voice
        )
    )


@bp.post("/voice/citizen-leg")
def leg() -> ResponseReturnValue:
    """Status callback of the leg."""
    inbound = signed_fields("leg")
    offer = offer_of_query(query())
    if offer is not None:
        citizen_leg.told(runtime(), offer=offer, leg=inbound.call_sid, status=inbound.status)
    return xml(documents.empty())


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    """Whatever fails, the citizen hears that we call again."""
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__)
    if request.path == "/voice/citizen":
        return xml(call_back_documents.nobody(voice=edge().voice))
    return xml(documents.empty())
