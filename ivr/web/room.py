"""Webhooks of the talk: the agent's leg, the caller's way into the room, hold, and what is told of
them. They touch only the database. Whatever fails, nobody is left without words or music."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import desk_documents, documents
from ivr.adapters.twilio.links import offer_of_query, sealed_of_query, turn_of
from ivr.adapters.twilio.rooms import call_of
from ivr.flow.verbs import Utterance
from ivr.service.desk.beside import beside_told
from ivr.service.desk.media import (
    agent_answers,
    bridge,
    leg_told,
    room_told,
    still_held,
)
from ivr.service.desk.tones import open_keys
from ivr.web.carrier_answers import bound, query, xml
from ivr.web.edge import edge, runtime
from ivr.web.guards import GarbledError, signed_call, signed_fields

bp = Blueprint("room", __name__)
log = structlog.get_logger("ivr.voice")

ROUNDS = 4
"""Rounds of the music (7.5 s) between two words on hold."""


bound(bp)


@bp.post("/voice/agent")
def agent() -> ResponseReturnValue:
    """The agent has picked up."""
    inbound = signed_fields("agent")
    offer = offer_of_query(query())
    answer = None
    if offer is not None and "ErrorCode" not in inbound.fields:
        answer = agent_answers(runtime(), offer=offer, leg=inbound.call_sid)
    here = edge()
    if answer is None:
        return xml(desk_documents.over((Utterance(prompt="desk.over"),), voice=here.voice))
    return xml(
        desk_documents.agent(
            answer.speech,
            call_sid=answer.call_sid,
            ends_room=answer.ends_room,
            links=here.links,
            voice=here.voice,
        )
    )


@bp.post("/voice/leg")
def leg() -> ResponseReturnValue:
    """Status callback of an agent's leg."""
    inbound = signed_fields("leg")
    offer = offer_of_query(query())
    if offer is not None:
        leg_told(runtime(), offer=offer, leg=inbound.call_sid, status=inbound.status)
    return xml(documents.empty())


@bp.post("/voice/bridge")
def bridging() -> ResponseReturnValue:
    """The caller, taken out of the queue."""
    inbound = signed_fields("bridge")
    number = turn_of(query())
    if number is None:
        raise GarbledError
    here = edge()
    if not bridge(runtime(), call_sid=inbound.call_sid):
        words = (Utterance(prompt="desk.back"),)
        return xml(
            desk_documents.back_to_queue(words, turn=number, links=here.links, voice=here.voice)
        )
    return _to_the_room(inbound.call_sid, number, Utterance(prompt="desk.connecting"))


@bp.post("/voice/room")
def room() -> ResponseReturnValue:
    """An event of a room."""
    inbound = signed_fields("room")
    call_sid = call_of(inbound.fields["FriendlyName"])
    if call_sid is not None:
        room_told(
            runtime(),
            call_sid=call_sid,
            event=inbound.fields["StatusCallbackEvent"],
            member=inbound.fields.get("CallSid", ""),
        )
        beside_told(
            runtime(),
            call_sid=call_sid,
            event=inbound.fields["StatusCallbackEvent"],
            member=inbound.fields.get("CallSid", ""),
            status=inbound.fields.get("ParticipantCallStatus", ""),
        )
    return xml(documents.empty())


@bp.post("/voice/hold")
def hold() -> ResponseReturnValue:
    """Music with words every 30 s, or the tones of sealed keys."""
    inbound = signed_fields("hold")
    token = sealed_of_query(query())
    if token is not None:
        keys = open_keys(runtime().secret_key, token)
        return xml(desk_documents.tones(keys) if keys else documents.empty())
    still_held(runtime(), call_sid=inbound.call_sid)
    return _on_hold(Utterance(prompt="desk.hold"))


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    """Each leg gets the document that needs nothing."""
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__)
    if request.path == "/voice/hold":
        return _on_hold()
    if request.path == "/voice/bridge":
        number = turn_of(query())
        if number is not None and signed_call():
            return _to_the_room(signed_call(), number)
        return xml(documents.static_to_person(None))
    if request.path == "/voice/agent":
        return xml(desk_documents.over((), voice=edge().voice))
    return xml(documents.empty())


def _to_the_room(call_sid: str, turn: int, *words: Utterance) -> Response:
    here = edge()
    return xml(
        desk_documents.bridge(
            words, call_sid=call_sid, turn=turn, links=here.links, voice=here.voice
        )
    )


def _on_hold(*words: Utterance) -> Response:
    here = edge()
    music = f"{here.public_url}/static/espera.wav"
    return xml(
        desk_documents.hold(words, music=music, rounds=ROUNDS, links=here.links, voice=here.voice)
    )
