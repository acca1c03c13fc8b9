"""/Queues and their members (twilio.com/docs/voice/api/queue-resource, .../member-resource)."""

from __future__ import annotations

from ivr.carrier.call import Goto
from ivr.carrier.clock import wall_clock
from ivr.carrier.exchange import Exchange
from ivr.carrier.queue import Member, Queue
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    as_json,
    method_in,
    not_found,
    number_in,
    page_of,
    url_in,
)
from ivr.carrier.rest.shapes import member_shape, queue_shape
from ivr.carrier.twiml.enqueue import DEFAULT_SIZE, MAX_NAME

MAX_SIZE = 5_000


def _find(exchange: Exchange, request: RestRequest, sid: str) -> Queue:
    queue = exchange.queues.get(sid)
    if queue is None:
        raise not_found(request.path)
    return queue


def _shape(exchange: Exchange, queue: Queue, *, status: int = 200) -> RestResponse:
    return as_json(queue_shape(queue, exchange.account_sid), status=status)


def _name(exchange: Exchange, request: RestRequest) -> str:
    name = request.value("FriendlyName")
    if not 1 <= len(name) <= MAX_NAME:
        raise RestError(400, 20002, "FriendlyName has 1 to 64 characters")
    if exchange.queue_named(name) is not None:
        raise RestError(400, 22003, "A queue of this FriendlyName exists")
    return name


def create_queue(exchange: Exchange, request: RestRequest) -> RestResponse:
    size = number_in(request, "MaxSize", DEFAULT_SIZE, least=1, most=MAX_SIZE)
    return _shape(exchange, exchange.new_queue(_name(exchange, request), size), status=201)


def list_queues(exchange: Exchange, request: RestRequest) -> RestResponse:
    shapes = [queue_shape(queue, exchange.account_sid) for queue in exchange.queues.values()]
    return page_of(request, "queues", shapes)


def fetch_queue(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    return _shape(exchange, _find(exchange, request, sid))


def update_queue(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    queue = _find(exchange, request, sid)
    queue.max_size = number_in(request, "MaxSize", queue.max_size, least=1, most=MAX_SIZE)
    if request.value("FriendlyName", queue.name) != queue.name:
        queue.name = _name(exchange, request)
    queue.updated_at = wall_clock()
    return _shape(exchange, queue)


def delete_queue(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    queue = _find(exchange, request, sid)
    if queue.members:
        raise RestError(400, 22002, "The queue is not empty")
    del exchange.queues[queue.sid]
    return RestResponse(status=204)


def list_members(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    """First in line first."""
    queue = _find(exchange, request, sid)
    shapes = [member_shape(member, queue, exchange.account_sid) for member in queue.members]
    return page_of(request, "queue_members", shapes)


def _member(
    exchange: Exchange, request: RestRequest, sid: str, call_sid: str
) -> tuple[Queue, Member]:
    queue = _find(exchange, request, sid)
    member = queue.find(call_sid)
    if member is None:
        raise not_found(request.path)
    return queue, member


def fetch_member(exchange: Exchange, request: RestRequest, sid: str, call_sid: str) -> RestResponse:
    queue, member = _member(exchange, request, sid, call_sid)
    return as_json(member_shape(member, queue, exchange.account_sid))


def update_member(
    exchange: Exchange, request: RestRequest, sid: str, call_sid: str
) -> RestResponse:
    """Takes the caller out of the queue, to the document at Url."""
    queue, member = _member(exchange, request, sid, call_sid)
    url = url_in(request, "Url", code=21205)
    if not url:
        raise RestError(400, 21205, "Url is required")
    goto = Goto(url=url, method=method_in(request, "Method"))
    shape = member_shape(member, queue, exchange.account_sid)
    queue.claim(member, goto)
    return as_json(shape)
