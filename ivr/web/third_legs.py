"""Webhooks of whoever joins a talk beside caller and agent: a supervisor, a number outside. They
touch only the database. Whatever fails, that leg is let go and the talk goes on."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import desk_documents, documents, third_documents
from ivr.adapters.twilio.links import outside_of_query, supervision_of_query
from ivr.flow.verbs import Utterance
from ivr.service.desk import outside_leg, supervision_leg
from ivr.web.carrier_answers import bound, query, xml
from ivr.web.edge import edge, runtime
from ivr.web.guards import signed_fields

bp = Blueprint("third_legs", __name__)
log = structlog.get_logger("ivr.voice")


bound(bp)


@bp.post("/voice/supervisor")
def supervisor() -> ResponseReturnValue:
    """The supervisor has picked up."""
    inbound = signed_fields("agent")
    supervision = supervision_of_query(query())
    answer = None
    if supervision is not None and "ErrorCode" not in inbound.fields:
        answer = supervision_leg.answers(runtime(), supervision=supervision, leg=inbound.call_sid)
    here = edge()
    if answer is None or supervision is None:
        return _over("desk.over")
    if answer.shut:
        return xml(
            third_documents.shut_out(
                supervision, first=answer.first, links=here.links, voice=here.voice
            )
        )
    return xml(third_documents.supervisor(answer.call_sid, links=here.links, voice=here.voice))


@bp.post("/voice/supervisor-leg")
def supervisor_told() -> ResponseReturnValue:
    """Status callback of the supervisor's leg."""
    inbound = signed_fields("leg")
    supervision = supervision_of_query(query())
    if supervision is not None:
        supervision_leg.told(
            runtime(), supervision=supervision, leg=inbound.call_sid, status=inbound.status
        )
    return xml(documents.empty())


@bp.post("/voice/outside")
def outside() -> ResponseReturnValue:
    """Somebody outside the desk has picked up."""
    inbound = signed_fields("agent")
    asked, call_sid = outside_of_query(query()), None
    if asked is not None and "ErrorCode" not in inbound.fields:
        call_sid = outside_leg.answers(runtime(), outside=asked, leg=inbound.call_sid)
    if call_sid is None:
        return _over("desk.outside.over")
    here = edge()
    return xml(third_documents.outside(call_sid, links=here.links, voice=here.voice))


@bp.post("/voice/outside-leg")
def outside_told() -> ResponseReturnValue:
    """Status callback of that leg."""
    inbound = signed_fields("leg")
    asked = outside_of_query(query())
    if asked is not None:
        outside_leg.told(runtime(), outside=asked, leg=inbound.call_sid, status=inbound.status)
    return xml(documents.empty())


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__)
    if request.path.endswith("-leg"):
        return xml(documents.empty())
    return xml(desk_documents.over((), voice=edge().voice))


def _over(prompt: str) -> Response:
    return xml(desk_documents.over((Utterance(prompt=prompt),), voice=edge().voice))
