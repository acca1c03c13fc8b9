"""/Calls (twilio.com/docs/voice/api/call-resource)."""

from __future__ import annotations

import re
from dataclasses import replace

from ivr.carrier.call import Call, CallOver, Goto, Replaced, Route
from ivr.carrier.exchange import Exchange
from ivr.carrier.problem import warning
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
)
from ivr.carrier.rest.shapes import call_shape

MAX_TWIML = 4_000
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_ADDRESS = re.compile(r"client:[A-Za-z0-9_.@+-]{1,256}|sips?:\S+@\S+")
IGNORED = ("Record", "MachineDetection", "SendDigits", "AsyncAmd", "Byoc")


def find_call(exchange: Exchange, sid: str, path: str) -> Call:
    call = exchange.calls.get(sid)
    if call is None:
        raise not_found(path)
    return call


def plain_address(to: str) -> str:
    """A client's or SIP address without the parameters that may follow it."""
    return to.partition("?")[0] if ":" in to else to


def checked_addresses(request: RestRequest) -> tuple[str, str]:
    """``To`` and ``From`` of a call to be made. Raises RestError."""
    to, from_ = request.value("To"), request.value("From")
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise RestError(400, 21213, "No 'From' number is specified")
    if not (E164.fullmatch(to) or _ADDRESS.fullmatch(plain_address(to))):
        raise RestError(400, 21211, "The 'To' number is not a valid phone number")
    if not (E164.fullmatch(from_) or _ADDRESS.fullmatch(from_)):
        raise RestError(400, 21212, "The 'From' number is not a valid phone number")
    return to, from_


def create_call(exchange: Exchange, request: RestRequest) -> RestResponse:
    to, from_ = checked_addresses(request)
    call = exchange.dial_out(
        from_=from_,
        to=plain_address(to),
        route=_route(exchange, request),
        timeout=number_in(request, "Timeout", 60, least=1, most=600),
        time_limit=number_in(request, "TimeLimit", 0, least=1, most=86_400),
    )
    for name in IGNORED:
        if request.value(name):
            problem = warning(20001, f"{name} has no effect here")
            exchange.wire.log(call, problem)
    return as_json(call_shape(call), status=201)


def _route(exchange: Exchange, request: RestRequest) -> Route:
    document = _document(request)
    status = status_callback_in(request)
    fallback = url_in(request, "FallbackUrl", code=21210)
    application_sid = request.value("ApplicationSid")
    if application_sid:
        application = exchange.applications.get(application_sid)
        if application is None:
            raise RestError(400, 21218, "Invalid ApplicationSid")
        route = application.route()
        return replace(route, status=status or route.status)
    if document is None:
        raise RestError(400, 21205, "Url, Twiml or ApplicationSid is required")
    return Route(
        voice=document,
        fallback_url=fallback,
        fallback_method=method_in(request, "FallbackMethod"),
        status=status,
    )


def _document(request: RestRequest) -> Goto | None:
    """Url wins over Twiml."""
    url = url_in(request, "Url", code=21205)
    if url:
        return Goto(url=url, method=method_in(request, "Method"))
    twiml = request.value("Twiml")
    if not twiml:
        return None
    if len(twiml) > MAX_TWIML:
        raise RestError(400, 32018, "Twiml may have at most 4000 characters")
    return Goto(twiml=twiml)


def fetch_call(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    return as_json(call_shape(find_call(exchange, sid, request.path)))


def update_call(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    call = find_call(exchange, sid, request.path)
    document, status = _document(request), request.value("Status")
    if status not in ("", "completed", "canceled"):
        raise RestError(400, 20001, "Status must be completed or canceled")
    if call.ended:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    callback = status_callback_in(request)
    if callback is not None:
        call.route = replace(call.route, status=callback)
    if status == "canceled" and call.answered:
        raise RestError(400, 21220, "Call has been answered and cannot be canceled.")
    if status:
        call.interrupt(CallOver(by="api"))
    elif document is not None:
        if not call.answered:
            raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.interrupt(Replaced(document))
    time_limit = number_in(request, "TimeLimit", 0, least=1, most=86_400)
    if time_limit:
        exchange.limit(call, time_limit)
    return as_json(call_shape(call))


def delete_call(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    call = find_call(exchange, sid, request.path)
    if not call.over.is_set():
        raise RestError(400, 20009, "A call that is not over cannot be deleted")
    del exchange.calls[call.sid]
    return RestResponse(status=204)


def list_calls(exchange: Exchange, request: RestRequest) -> RestResponse:
    """Newest first."""
    wanted = {
        name: request.asked(name)
        for name in ("To", "From", "Status", "ParentCallSid")
        if request.asked(name)
    }
    shapes = [call_shape(call) for call in reversed(exchange.calls.values())]
    keys = {"To": "to", "From": "from", "Status": "status", "ParentCallSid": "parent_call_sid"}
    chosen = [
        shape
        for shape in shapes
        if all(shape[keys[name]] == value for name, value in wanted.items())
    ]
    return page_of(request, "calls", chosen)
