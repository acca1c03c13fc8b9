"""/Conferences (twilio.com/docs/voice/api/conference-resource)."""

from __future__ import annotations

from ivr.carrier.call import Goto
from ivr.carrier.conference import Conference
from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    as_json,
    method_in,
    not_found,
    page_of,
    url_in,
)
from ivr.carrier.rest.shapes import conference_shape, recording_shape


def find_conference(exchange: Exchange, request: RestRequest, sid: str) -> Conference:
    conference = exchange.rooms.conferences.get(sid)
    if conference is None:
        raise not_found(request.path)
    return conference


def fetch_conference(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    conference = find_conference(exchange, request, sid)
    return as_json(conference_shape(conference, exchange.account_sid))


def list_conferences(exchange: Exchange, request: RestRequest) -> RestResponse:
    """Newest first."""
    name, status = request.asked("FriendlyName"), request.asked("Status")
    chosen = [
        conference_shape(each, exchange.account_sid)
        for each in reversed(exchange.rooms.conferences.values())
        if name in ("", each.name) and status in ("", each.status)
    ]
    return page_of(request, "conferences", chosen)


def update_conference(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """``Status=completed`` ends it; ``AnnounceUrl`` is played to all."""
    conference = find_conference(exchange, request, sid)
    status = request.value("Status")
    if status not in ("", "completed"):
        raise RestError(400, 20001, "Status must be completed")
    announce = url_in(request, "AnnounceUrl", code=21205)
    if status:
        exchange.rooms.end(conference)
    elif announce:
        goto = Goto(url=announce, method=method_in(request, "AnnounceMethod"))
        exchange.rooms.announce(conference, goto)
    return as_json(conference_shape(conference, exchange.account_sid))


def list_recordings(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    conference = find_conference(exchange, request, sid)
    chosen = []
    for recording in exchange.recordings.values():
        if recording.conference_sid == conference.sid and recording.status != "deleted":
            shape = recording_shape(recording)
            shape.pop("track")
            shape["uri"] = request.path.removesuffix(".json") + f"/{recording.sid}.json"
            chosen.append(shape)
    return page_of(request, "recordings", chosen)
