"""/Messages (twilio.com/docs/messaging/api/message-resource)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ivr.carrier.exchange import Exchange
from ivr.carrier.messages import Message
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    as_json,
    not_found,
    number_in,
    page_of,
    url_in,
)
from ivr.carrier.rest.shapes import message_shape

MAX_BODY = 1_600
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_BRAZIL_MOBILE = re.compile(r"\+55[1-9][0-9]9[0-9]{8}")


def create_message(exchange: Exchange, request: RestRequest) -> RestResponse:
    to, body = request.value("To"), request.value("Body")
    from_, service = request.value("From"), request.value("MessagingServiceSid")
    if not to:
        raise RestError(400, 21604, "A 'To' phone number is required")
    if not E164.fullmatch(to):
        raise RestError(400, 21211, "The 'To' number is not a valid phone number")
    if to.startswith("+55") and not _BRAZIL_MOBILE.fullmatch(to):
        raise RestError(400, 21614, "'To' number is not a valid mobile number")
    if not (from_ or service):
        raise RestError(400, 21603, "A 'From' phone number is required")
    if from_ and not E164.fullmatch(from_):
        raise RestError(400, 21212, "The 'From' number is not a valid phone number")
    if not body:
        raise RestError(400, 21602, "Message body is required")
    if len(body) > MAX_BODY:
        raise RestError(400, 21617, "The message body may have at most 1600 characters")
    number_in(request, "ValidityPeriod", 36_000, least=1, most=36_000)
    message = exchange.inbox.send(
        from_=from_,
        to=to,
        body=body,
        callback=url_in(request, "StatusCallback", code=21609),
        service_sid=service,
    )
    answer = as_json(message_shape(message), status=201)
    return replace(answer, held=exchange.faults.message_hangs)


def _find(exchange: Exchange, request: RestRequest, sid: str) -> Message:
    message = exchange.inbox.messages.get(sid)
    if message is None:
        raise not_found(request.path)
    return message


def fetch_message(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    return as_json(message_shape(_find(exchange, request, sid)))


def delete_message(exchange: Exchange, request: RestRequest, sid: str) -> RestResponse:
    del exchange.inbox.messages[_find(exchange, request, sid).sid]
    return RestResponse(status=204)


def list_messages(exchange: Exchange, request: RestRequest) -> RestResponse:
    """Newest first; by To, From and the day or moment of sending."""
    checks = _checks(request)
    chosen = [
        message_shape(message)
        for message in reversed(exchange.inbox.messages.values())
        if all(check(message) for check in checks)
    ]
    return page_of(request, "messages", chosen)


def _checks(request: RestRequest) -> list[Callable[[Message], bool]]:
    checks: list[Callable[[Message], bool]] = []
    to, from_ = request.asked("To"), request.asked("From")
    if to:
        checks.append(lambda message: message.to == to)
    if from_:
        checks.append(lambda message: message.from_ == from_)
    for name in ("DateSent", "DateSent<", "DateSent>"):
        text = request.asked(name)
        if text:
            checks.append(_sent(name.removeprefix("DateSent"), text))
    return checks


def _sent(sign: str, text: str) -> Callable[[Message], bool]:
    try:
        begin = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as failure:
        raise RestError(400, 20001, "DateSent is not a date") from failure
    whole_day = len(text) == 10 or not sign
    begin = begin.replace(tzinfo=begin.tzinfo or UTC)
    if whole_day:
        begin = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    end = begin + (timedelta(days=1) if whole_day else timedelta(seconds=1))

    def check(message: Message) -> bool:
        if message.sent_at is None:
            return False
        if sign == "<":
            return message.sent_at < end
        if sign == ">":
            return message.sent_at >= begin
        return begin <= message.sent_at < end

    return check
