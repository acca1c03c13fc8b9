"""The carrier's webhooks. Whatever fails, the caller hears Portuguese and meets a person."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ivr.adapters.twilio import desk_documents, documents, twiml
from ivr.adapters.twilio.fields import Inbound
from ivr.adapters.twilio.inbound import to_event
from ivr.adapters.twilio.links import turn_of
from ivr.flow.events import Event, NoInput
from ivr.flow.verbs import Gather, SpeakSecret, Verb
from ivr.ports.store import StoreUnavailableError
from ivr.service.desk.media import recording_told, settle_room
from ivr.service.ending import end_call
from ivr.service.faults import record_fault
from ivr.service.offline import write_offline
from ivr.service.opening import open_call
from ivr.service.recordings import record_report
from ivr.service.runtime import Runtime
from ivr.service.secrets_spoken import token_of
from ivr.service.session import Expects
from ivr.service.streams import resume, stream_token
from ivr.service.turns import BusyError, Render, take_turn
from ivr.service.waiting import wait
from ivr.web.carrier_answers import bound, query, xml
from ivr.web.edge import Edge, edge, runtime
from ivr.web.guards import GarbledError, signed_call, signed_fields

bp = Blueprint("voice", __name__)
log = structlog.get_logger("ivr.voice")

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
TAKEN_OUT = "redirected"
"""QueueResult of a caller whom we took out of the queue: the room's own document follows."""
CALLERS = frozenset(
    {"/voice/incoming", "/voice/turn", "/voice/resume", "/voice/wait", "/voice/fallback"}
)
"""Routes whose answer a caller hears."""


bound(bp)


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
    number = turn_of(query())
    if number is None:
        raise GarbledError
    if inbound.fields.get("QueueResult") == TAKEN_OUT:
        return xml(desk_documents.go_to_bridge(number, links=edge().links))
    return _turn(inbound, number)


@bp.post("/voice/resume")
def resumed() -> ResponseReturnValue:
    """The media stream that began at turn ``n`` ended, or never came."""
    inbound = signed_fields("resume")
    number = turn_of(query())
    if number is None:
        raise GarbledError
    sid = inbound.call_sid
    return xml(resume(runtime(), sid=sid, turn=number, render=document_of(sid)))


@bp.post("/voice/wait")
def waiting() -> ResponseReturnValue:
    """One round in the queue."""
    inbound = signed_fields("wait")
    number = turn_of(query())
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
        return xml(documents.leave())
    body = documents.wait(
        round_.speech,
        links=here.links,
        voice=here.voice,
        turn=number,
        music=f"{here.public_url}/static/espera.wav",
    )
    return xml(body)


@bp.post("/voice/status")
def status() -> ResponseReturnValue:
    """The end of a call, told by the carrier: late, twice or never."""
    inbound = signed_fields("status")
    if inbound.status in ENDED:
        end_call(runtime(), sid=inbound.call_sid, failed=inbound.status == "failed")
    return xml(documents.empty())


@bp.post("/voice/recording")
def recording() -> ResponseReturnValue:
    """A recording is ready at the carrier."""
    inbound = signed_fields("recording")
    if recording_told(
        runtime(),
        leg=inbound.call_sid,
        recording=inbound.fields["RecordingSid"],
        status=inbound.fields["RecordingStatus"],
        seconds=inbound.number("RecordingDuration"),
    ):
        return xml(documents.empty())
    record_report(
        runtime(),
        sid=inbound.call_sid,
        recording=inbound.fields["RecordingSid"],
        status=inbound.fields["RecordingStatus"],
        seconds=inbound.number("RecordingDuration"),
    )
    return xml(documents.empty())


@bp.post("/voice/fallback")
def fallback() -> ResponseReturnValue:
    """The carrier could not use our last answer: a person, from a document without needs."""
    inbound = signed_fields("fallback")
    code = inbound.fields.get("ErrorCode", "")
    log.error("carrier fell back", call=inbound.call_sid, code=code)
    record_fault(runtime(), sid=inbound.call_sid, kind="fault.carrier_fell_back", code=code)
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
    _remember_fault("fault.garbled_request")
    return _to_a_person()


@bp.errorhandler(BusyError)
def busy(error: BusyError) -> ResponseReturnValue:
    """Another process answers this very turn: hear its answer in a second."""
    links = edge().links
    number = turn_of(query()) or 0
    match request.path:
        case "/voice/incoming":
            again = links.incoming()
        case "/voice/resume":
            again = links.resume(number)
        case _:
            again = links.turn(number)
    return xml(documents.try_again(again))


@bp.errorhandler(StoreUnavailableError)
def no_database(error: StoreUnavailableError) -> ResponseReturnValue:
    """A person at once; the call is written to a file and becomes a ticket later."""
    log.error("database away", path=request.path)
    _remember_offline()
    return _to_a_person()


@bp.errorhandler(Exception)
def anything_else(error: Exception) -> ResponseReturnValue:
    if isinstance(error, HTTPException):
        return error
    log.error("webhook failed", path=request.path, error=type(error).__name__, exc_info=True)
    _remember_fault("fault.webhook_failed")
    return _to_a_person()


def _turn(inbound: Inbound, number: int) -> Response:
    rt = runtime()

    def read(expects: Expects) -> Event:
        match expects:
            case "start" | "nothing":
                return NoInput()
            case "queue" if "QueueResult" not in inbound.fields:
                settle_room(rt, call_sid=inbound.call_sid)
                heard = to_event(inbound, expects=expects)
            case _:
                heard = to_event(inbound, expects=expects)
        if heard.warning:
            log.warning("unexpected shape", call=inbound.call_sid, why=heard.warning)
        return heard.event

    render = document_of(inbound.call_sid)
    return xml(take_turn(rt, sid=inbound.call_sid, turn=number, read=read, render=render))


def document_of(sid: str) -> Render:
    """What turns verbs into the documents of a call. For use within the app's context."""
    rt, here = runtime(), edge()

    def render(verbs: tuple[Verb, ...], *, next_turn: int) -> bytes:
        return here.documents.get(
            verbs, next_turn, lambda: _document(rt, here, sid, verbs, next_turn)
        )

    return render


def _document(rt: Runtime, here: Edge, sid: str, verbs: tuple[Verb, ...], next_turn: int) -> bytes:
    last = verbs[-1]
    streamed = isinstance(last, Gather) and last.streamed
    return twiml.render(
        verbs,
        turn=next_turn,
        links=here.links,
        voice=here.voice,
        numbers=here.numbers,
        caller_id=here.caller_id,
        secret_token=token_of(rt, last.job) if isinstance(last, SpeakSecret) else "",
        stream_token=stream_token(rt, sid=sid, turn=next_turn) if streamed else "",
    )


def _remember_fault(kind: str) -> None:
    """Keep the ticket of a call open whose caller is handed over, if that can be done at all."""
    if signed_call() and request.path in CALLERS:
        try:
            record_fault(runtime(), sid=signed_call(), kind=kind)
        except Exception as error:
            log.error("fault not written", error=type(error).__name__)
            _remember_offline()


def _remember_offline() -> None:
    rt = runtime()
    if rt.offline_journal is None or not signed_call():
        return
    try:
        write_offline(rt.offline_journal, sid=signed_call(), at=rt.clock.now(), where=request.path)
    except OSError as error:
        log.error("offline journal cannot be written", error=type(error).__name__)


def _to_a_person() -> Response:
    """A fixed document. Who waits in the queue already goes on waiting: an Enqueue may not
    stand in a document of the queue (twilio.com/docs/voice/twiml/enqueue#waiturl)."""
    here = edge()
    if request.path == "/voice/wait":
        turn = turn_of(query()) or 0
        music = f"{here.public_url}/static/espera.wav"
        return xml(documents.wait((), links=here.links, voice=here.voice, turn=turn, music=music))
    number = here.numbers.get("agent")
    return xml(documents.static_to_person(number, caller_id=here.caller_id))
