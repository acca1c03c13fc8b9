"""Webhooks of whoever joins a talk beside caller and agent: a supervisor, a number outside. They
touch only the database. Whatever fails, that leg is let go and the talk goes on."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import desk_documents, documents, third_documents, twiml
from ivr.adapters.twilio.links import outside_of_query, supervision_of_query
from ivr.flow.verbs import Utterance
from ivr.service.desk import outside_leg, supervision_leg
from ivr.web.edge import edge, runtime
from ivr.web.guards import signed_fields

bp = Blueprint("third_legs", __name__)
log = structlog.get_logger("ivr.voice")

LONGEST_BODY = 64 * 1024


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = LONGEST_BODY


@bp.post("/voice/supervisor")
def supervisor() -> ResponseReturnValue:
    """The supervisor has picked up."""
    inbound = signed_fields("agent")
    supervision = supervision_of_query(_query())
    answer = None
    if supervision is not None and "ErrorCode" not in inbound.fields:
        answer = supervision_leg.answers(runtime(), supervision=supervision, leg=inbound.call_sid)
    here = edge()
    if answer is None or supervision is None:
        return _over("desk.over")
    if answer.shut:
        return _xml(
            third_documents.shut_out(
                supervision, first=answer.first, links=here.links, voice=here.voice
            )
        )
    return _xml(third_documents.supervisor(answer.call_sid, links=here.links, voice=here.voice))


@bp.post("/voice/supervisor-leg")
def supervisor_told() -> ResponseReturnValue:
    """Status callback of the supervisor's leg."""
    inbound = signed_fields("leg")
    supervision = supervision_of_query(_query())
    if supervision is not None:
        supervision_leg.told(
            runtime(), supervision=supervision, leg=inbound.call_sid, status=inbound.status
        )
    return _xml(documents.empty())


@bp.post("/voice/outside")
def outside() -> ResponseReturnValue:
    """Somebody outside the desk has picked up."""
    inbound = signed_fields("agent")
    asked, call_sid = outside_of_query(_query()), None
    if asked is not None and "ErrorCode" not in inbound.fields:
        call_sid = outside_leg.answers(runtime(), outside=asked, leg=inbound.call_sid)
    if call_sid is None:
        return _over("desk.outside.over")
    here = edge()
    return _xml(third_documents.outside(call_sid, links=here.links, voice=here.voice))


@bp.post("/voice/outside-leg")
def outside_told() -> ResponseReturnValue:
    """Status callback of that leg."""
    inbound = signed_fields("leg")
    asked = outside_of_query(_query())
    if asked is not None:
        outside_leg.told(runtime(), outside=asked, leg=inbound.call_sid, status=inbound.status)
    return _xml(documents.empty())


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__)
    if request.path.endswith("-leg"):
        return _xml(documents.empty())
    return _xml(desk_documents.over((), voice=edge().voice))


def _over(prompt: str) -> Response:
    return _xml(desk_documents.over((Utterance(prompt=prompt),), voice=edge().voice))


def _query() -> str:
    return request.query_string.decode("latin-1")


def _xml(body: bytes) -> Response:
    return Response(body, content_type=twiml.CONTENT_TYPE)
