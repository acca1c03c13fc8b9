"""The carrier's webhooks. Whatever fails, the caller hears Portuguese and meets a person."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import documents, twiml
from ivr.adapters.twilio.fields import Inbound
from ivr.adapters.twilio.inbound import to_event
from ivr.adapters.twilio.links import turn_of
from ivr.flow.events import Event, NoInput
from ivr.flow.verbs import SpeakSecret, Verb
from ivr.ports.store import StoreUnavailableError
from ivr.service.ending import end_call
from ivr.service.journal import note
from ivr.service.offline import write_offline
from ivr.service.opening import open_call
from ivr.service.secrets_spoken import token_of
from ivr.service.session import Expects
from ivr.service.turns import BusyError, take_turn
from ivr.service.waiting import wait
from ivr.web.edge import edge, runtime
from ivr.web.guards import GarbledError, signed_fields

bp = Blueprint("voice", __name__)
log = structlog.get_logger("ivr.voice")

LONGEST_BODY = 64 * 1024
ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = LONGEST_BODY


@bp.post("/voice/incoming")
def incoming() -> ResponseReturnValue:
    """Turn 0 of a call."""
    inbound = signed_fields("incoming")
    open_call(runtime(), sid=inbound.call_sid, caller=inbound.caller)
    return _turn(inbound, 0)


@bp.post("/voice/turn")
def turn() -> ResponseReturnValue:
    """What the caller did, in answer to turn ``n`` - 1."""
    inbound = signed_fields("turn")
    number = turn_of(request.query_string.decode("latin-1"))
    if number is None:
        raise GarbledError
    return _turn(inbound, number)


@bp.post("/voice/wait")
def waiting() -> ResponseReturnValue:
    """One round in the queue."""
    inbound = signed_fields("wait")
    number = turn_of(request.query_string.decode("latin-1"))
    if number is None:
        raise GarbledError
    here = edge()
    round_ = wait(
        runtime(),
        sid=inbound.call_sid,
        position=inbound.number("QueuePosition"),
        seconds=inbound.number("QueueTime"),
        digits=inbound.fields.get("Digits", ""),
    )
    if round_.leave:
        return _xml(documents.leave())
    body = documents.wait(
        round_.speech,
        links=here.links,
        voice=here.voice,
        turn=number,
        music=f"{here.public_url}/static/espera.wav",
    )
    return _xml(body)


@bp.post("/voice/status")
def status() -> ResponseReturnValue:
    """The end of a call, told by the carrier: late, twice or never."""
    inbound = signed_fields("status")
    if inbound.status in ENDED:
        end_call(runtime(), sid=inbound.call_sid)
    return _xml(documents.empty())


@bp.post("/voice/recording")
def recording() -> ResponseReturnValue:
    """A recording is ready at the carrier."""
    inbound = signed_fields("recording")
    with runtime().store.begin() as tx:
        if tx.calls.view(inbound.call_sid, 0) is not None:
            word = str(inbound.fields.get("RecordingStatus", ""))
            note(tx, inbound.call_sid, "recording.reported", status=word)
    return _xml(documents.empty())


@bp.post("/voice/fallback")
def fallback() -> ResponseReturnValue:
    """The carrier could not use our last answer: a person, from a document without needs."""
    inbound = signed_fields("fallback")
    log.error("carrier fell back", call=inbound.call_sid, code=inbound.fields.get("ErrorCode"))
    with runtime().store.begin() as tx:
        view = tx.calls.view(inbound.call_sid, 0)
        if view is not None and view.call.ended_at is None:
            tx.tickets.change(view.call.protocol, outcome="fault", status="open")
            code = str(inbound.fields.get("ErrorCode", ""))
            note(tx, inbound.call_sid, "fault.carrier_fell_back", code=code)
    return _to_a_person()


@bp.post("/sms/status")
def sms_status() -> ResponseReturnValue:
    """Delivery report of a message."""
    inbound = signed_fields("sms_status")
    word = inbound.fields.get("MessageStatus", "")
    log.info("message reported", message=inbound.fields.get("MessageSid"), status=word)
    return Response(status=204)


@bp.errorhandler(GarbledError)
def garbled(error: GarbledError) -> ResponseReturnValue:
    return _to_a_person()


@bp.errorhandler(BusyError)
def busy(error: BusyError) -> ResponseReturnValue:
    """Another process answers this very turn: hear its answer in a second."""
    here = edge()
    number = turn_of(request.query_string.decode("latin-1")) or 0
    return _xml(documents.try_again(number, links=here.links, first=request.path.endswith("ing")))


@bp.errorhandler(StoreUnavailableError)
def no_database(error: StoreUnavailableError) -> ResponseReturnValue:
    """A person at once; the call is written to a file and becomes a ticket later."""
    log.error("database away", path=request.path)
    rt = runtime()
    if rt.offline_journal is not None:
        try:
            write_offline(
                rt.offline_journal,
                sid=request.form.get("CallSid", ""),
                at=rt.clock.now(),
                where=request.path,
            )
        except OSError:
            log.exception("offline journal cannot be written")
    return _to_a_person()


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__, exc_info=True)
    return _to_a_person()


def _turn(inbound: Inbound, number: int) -> Response:
    rt, here = runtime(), edge()

    def read(expects: Expects) -> Event:
        if expects in ("start", "nothing"):
            return NoInput()
        heard = to_event(inbound, expects=expects)
        if heard.warning:
            log.warning("unexpected shape", call=inbound.call_sid, why=heard.warning)
        return heard.event

    def render(verbs: tuple[Verb, ...], *, next_turn: int) -> bytes:
        last = verbs[-1]
        secret = token_of(rt, last.job) if isinstance(last, SpeakSecret) else ""
        return twiml.render(
            verbs,
            turn=next_turn,
            links=here.links,
            voice=here.voice,
            numbers=here.numbers,
            caller_id=here.caller_id,
            secret_token=secret,
        )

    body = take_turn(rt, sid=inbound.call_sid, turn=number, read=read, render=render)
    return _xml(body)


def _to_a_person() -> Response:
    here = edge()
    number = here.numbers.get("agent")
    return _xml(documents.static_to_person(number, caller_id=here.caller_id))


def _xml(body: bytes) -> Response:
    return Response(body, content_type=twiml.CONTENT_TYPE)
