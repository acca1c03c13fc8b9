"""Webhooks of the leg of a citizen who is called back. They touch only the database."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import call_back_documents, documents, twiml
from ivr.adapters.twilio.links import offer_of_query
from ivr.service.desk import citizen_leg
from ivr.web.edge import edge, runtime
from ivr.web.guards import signed_fields

bp = Blueprint("call_back", __name__)
log = structlog.get_logger("ivr.voice")

LONGEST_BODY = 64 * 1024


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = LONGEST_BODY


@bp.post("/voice/citizen")
def citizen() -> ResponseReturnValue:
    """The citizen has picked up."""
    inbound = signed_fields("agent")
    offer = offer_of_query(_query())
    here, answer = edge(), None
    if offer is not None and "ErrorCode" not in inbound.fields:
        answer = citizen_leg.answers(runtime(), offer=offer, leg=inbound.call_sid)
    if answer is None:
        return _xml(call_back_documents.nobody(voice=here.voice))
    return _xml(
        call_back_documents.citizen(
            answer.protocol, call_sid=answer.call_sid, links=here.links, voice=here.voice
        )
    )


@bp.post("/voice/citizen-leg")
def leg() -> ResponseReturnValue:
    """Status callback of the leg."""
    inbound = signed_fields("leg")
    offer = offer_of_query(_query())
    if offer is not None:
        citizen_leg.told(runtime(), offer=offer, leg=inbound.call_sid, status=inbound.status)
    return _xml(documents.empty())


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    """Whatever fails, the citizen hears that we call again."""
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__)
    if request.path == "/voice/citizen":
        return _xml(call_back_documents.nobody(voice=edge().voice))
    return _xml(documents.empty())


def _query() -> str:
    return request.query_string.decode("latin-1")


def _xml(body: bytes) -> Response:
    return Response(body, content_type=twiml.CONTENT_TYPE)
