"""/Applications and /Tokens: kept, and used by browser phones and calls."""

from __future__ import annotations

import re

from ivr.carrier.applications import Application
from ivr.carrier.clock import wall_clock
from ivr.carrier.exchange import Exchange
from ivr.carrier.rest.request import (
    RestRequest,
    RestResponse,
    as_json,
    method_in,
    not_found,
    number_in,
    page_of,
    url_in,
)
from ivr.carrier.rest.shapes import application_shape, rfc2822

URLS = ("VoiceUrl", "VoiceFallbackUrl", "StatusCallback")
METHODS = ("VoiceMethod", "VoiceFallbackMethod", "StatusCallbackMethod")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _fill(application: Application, request: RestRequest) -> None:
    given = {name for name, _ in request.form}
    for name in URLS:
        if name in given:
            setattr(application, _snake(name), url_in(request, name, code=21502))
    for name in METHODS:
        if name in given:
            setattr(application, _snake(name), method_in(request, name))
    if "FriendlyName" in given:
        application.friendly_name = request.value("FriendlyName")[:64]
    application.updated_at = wall_clock()


def _find(exchange: Exchange, request: RestRequest, sid: str) -> Application:
    application = exchange.applications.get(sid)
    if application is None:
        raise not_found(request.path)
    return application


def create_application(exchange: Exchange, request: RestRequest) -> RestResponse:
    application = Application(sid=exchange.sids.make("AP"))
    _fill(application, request)
    exchange.applications[application.sid] = application
    return as_json(application_shape(application, exchange.account_sid), status=201)


def fetch_application(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    application = _find(exchange, request, sid)
    return as_json(application_shape(application, exchange.account_sid))


def update_application(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    application = _find(exchange, request, sid)
    _fill(application, request)
    return as_json(application_shape(application, exchange.account_sid))


def list_applications(exchange: Exchange, request: RestRequest) -> RestResponse:
    shapes = [
        application_shape(application, exchange.account_sid)
        for application in exchange.applications.values()
    ]
    return page_of(request, "applications", shapes)


def delete_application(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    del exchange.applications[_find(exchange, request, sid).sid]
    return RestResponse(status=204)


def create_token(exchange: Exchange, request: RestRequest) -> RestResponse:
    """A token for network traversal; there are no ICE servers here."""
    ttl = number_in(request, "Ttl", 86_400, least=1, most=86_400)
    now = rfc2822(wall_clock())
    return as_json(
        {
            "account_sid": exchange.account_sid,
            "date_created": now,
            "date_updated": now,
            "ice_servers": [],
            "username": exchange.sids.make(""),
            "password": exchange.sids.make(""),
            "ttl": str(ttl),
        },
        status=201,
    )
