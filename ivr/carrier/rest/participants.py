"""/Conferences/{CF}/Participants (twilio.com/docs/voice/api/conference-participant-resource)."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from ivr.carrier.call import Goto, Route
from ivr.carrier.conference import Conference, Participant
from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.calls import checked_addresses, plain_address
from ivr.carrier.rest.conferences import find_conference
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    as_json,
    method_in,
    not_found,
    number_in,
    page_of,
    status_callback_in,
    url_in,
    word_in,
)
from ivr.carrier.rest.shapes import participant_shape, rfc2822
from ivr.carrier.sid import is_sid

ATTRIBUTES = {
    "Muted": "muted",
    "Beep": "beep",
    "StartConferenceOnEnter": "startConferenceOnEnter",
    "EndConferenceOnExit": "endConferenceOnExit",
    "Label": "participantLabel",
    "WaitUrl": "waitUrl",
    "WaitMethod": "waitMethod",
    "MaxParticipants": "maxParticipants",
    "ConferenceRecord": "record",
    "CallSidToCoach": "coach",
    "ConferenceStatusCallback": "statusCallback",
    "ConferenceStatusCallbackMethod": "statusCallbackMethod",
    "ConferenceStatusCallbackEvent": "statusCallbackEvent",
    "ConferenceRecordingStatusCallback": "recordingStatusCallback",
    "ConferenceRecordingStatusCallbackMethod": "recordingStatusCallbackMethod",
}
"""Fields of the request that are attributes of <Conference>."""


def _find(
    exchange: Exchange, request: RestRequest, sid: str, key: str
) -> tuple[Conference, Participant]:
    conference = find_conference(exchange, request, sid)
    participant = conference.find(key)
    if participant is None:
        raise not_found(request.path)
    return conference, participant


def create_participant(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """Call somebody into the conference; ``sid`` may be the name of one that is to begin."""
    to, from_ = checked_addresses(request)
    conference = exchange.rooms.conferences.get(sid)
    if conference is None and is_sid(sid, prefix="CF"):
        raise not_found(request.path)
    name = conference.name if conference is not None else sid
    for field in ("WaitUrl", "ConferenceStatusCallback", "ConferenceRecordingStatusCallback"):
        url_in(request, field, code=21205)
    words = [
        f"{attribute}={quoteattr(' '.join(request.values(field)))}"
        for field, attribute in ATTRIBUTES.items()
        if request.values(field)
    ]
    limit = number_in(request, "TimeLimit", 0, least=1, most=86_400)
    twiml = f"<Response><Dial><Conference {' '.join(words)}>{name}</Conference></Dial></Response>"
    call = exchange.dial_out(
        from_=from_,
        to=plain_address(to),
        route=Route(voice=Goto(twiml=twiml), status=status_callback_in(request)),
        timeout=number_in(request, "Timeout", 60, least=1, most=600),
        time_limit=limit,
    )
    coached = request.value("CallSidToCoach")
    return as_json(
        {
            "account_sid": exchange.account_sid,
            "call_sid": call.sid,
            "label": request.value("Label") or None,
            "call_sid_to_coach": coached or None,
            "coaching": bool(coached),
            "conference_sid": exchange.rooms.reserve(name).sid,
            "date_created": rfc2822(call.created_at),
            "date_updated": rfc2822(call.created_at),
            "end_conference_on_exit": bool(word_in(request, "EndConferenceOnExit")),
            "muted": bool(word_in(request, "Muted")),
            "hold": False,
            "start_conference_on_enter": word_in(request, "StartConferenceOnEnter") is not False,
            "status": "queued",
            "queue_time": "0",
            "uri": request.path.removesuffix(".json") + f"/{call.sid}.json",
        },
        status=201,
    )


def fetch_participant(exchange: Exchange, request: RestRequest, sid: str, key: str) -> RestResponse:
    conference, participant = _find(exchange, request, sid, key)
    return as_json(participant_shape(participant, conference))


def list_participants(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """Those who are in it now."""
    conference = find_conference(exchange, request, sid)
    wanted = {
        name: request.asked(name.capitalize()).lower()
        for name in ("muted", "hold", "coaching")
        if request.asked(name.capitalize())
    }
    shapes = [participant_shape(each, conference) for each in conference.participants]
    chosen = [
        shape
        for shape in shapes
        if all(str(shape[name]).lower() == value for name, value in wanted.items())
    ]
    return page_of(request, "participants", chosen)


def update_participant(
    exchange: Exchange, request: RestRequest, sid: str, key: str
) -> RestResponse:
    """Hold, mute, coach, let them hear an announcement, or change what their leaving means."""
    conference, participant = _find(exchange, request, sid, key)
    rooms = exchange.rooms
    muted, hold = word_in(request, "Muted"), word_in(request, "Hold")
    coaching, on_exit = word_in(request, "Coaching"), word_in(request, "EndConferenceOnExit")
    hold_url = url_in(request, "HoldUrl", code=21205)
    announce = url_in(request, "AnnounceUrl", code=21205)
    if muted:
        rooms.mute(conference, participant, True)
    if hold is not None or (hold_url and participant.hold):
        music = Goto(url=hold_url, method=method_in(request, "HoldMethod")) if hold_url else None
        rooms.hold(conference, participant, participant.hold if hold is None else hold, music)
    if coaching is not None or request.value("CallSidToCoach"):
        coached = request.value("CallSidToCoach") or participant.coaching
        if coaching is not False and conference.find(coached) is None:
            raise RestError(400, 20001, "CallSidToCoach is not in the conference")
        rooms.coach(conference, participant, "" if coaching is False else coached)
    if muted is False:
        rooms.mute(conference, participant, False)
    if on_exit is not None:
        participant.end_on_exit = on_exit
    if announce:
        goto = Goto(url=announce, method=method_in(request, "AnnounceMethod"))
        rooms.announce(conference, goto, to=participant)
    return as_json(participant_shape(participant, conference))


def remove_participant(
    exchange: Exchange, request: RestRequest, sid: str, key: str
) -> RestResponse:
    """Out of the conference; the call goes on behind its <Dial>."""
    _, participant = _find(exchange, request, sid, key)
    participant.leave("kicked")
    return RestResponse(status=204)
