"""``/api/v1``: tickets for other desks. The document is at ``/api/v1/openapi.json``."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from ivr.ports.store import StoreUnavailableError
from ivr.service import tickets
from ivr.service.tickets_api import page_of, ticket_of
from ivr.web.api_guard import actor, allows, needs, problem
from ivr.web.api_openapi import document
from ivr.web.api_shapes import (
    PROTOCOL,
    NoteAdded,
    NoteIn,
    TicketPage,
    TicketsQuery,
    TicketWithNotes,
    ticket_out,
    ticket_with_notes,
)
from ivr.web.edge import runtime

PREFIX = "/api/v1"
MAX_BODY = 32 * 1024
RETRY_AFTER = "30"

bp = Blueprint("api", __name__, url_prefix=PREFIX)
T = TypeVar("T", bound=BaseModel)
_STATUS = {"unknown": 404, "already": 409, "stale": 409, "busy": 409}


@bp.before_request
def bound_the_request() -> ResponseReturnValue | None:
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        return problem(413)
    protocol = (request.view_args or {}).get("protocol", "0" * 12)
    return None if re.fullmatch(PROTOCOL, protocol, re.ASCII) else problem(404)


@bp.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """What this API takes and gives."""
    return jsonify(document(PREFIX))


@bp.get("/tickets")
@needs("tickets:read")
def list_tickets() -> ResponseReturnValue:
    query = read(TicketsQuery, request.args.to_dict())
    rows, more = page_of(
        runtime(),
        status=query.status or "",
        service=query.service or "",
        since=query.since,
        after=query.after or "",
        limit=query.limit,
    )
    return answer(TicketPage(tickets=[ticket_out(row) for row in rows], next=more or None))


@bp.get("/tickets/<protocol>")
@needs("tickets:read")
def get_ticket(protocol: str) -> ResponseReturnValue:
    return answer(_whole(protocol))


@bp.post("/tickets/<protocol>/notes")
@needs("tickets:write")
def add_note(protocol: str) -> ResponseReturnValue:
    note = read(NoteIn, body())
    number = tickets.add_note(runtime(), protocol, actor(), note.text)
    told = ticket_of(runtime(), protocol)
    return answer(NoteAdded(number=number, protocol=told.ticket.protocol)), 201


@bp.post("/tickets/<protocol>/close")
@needs("tickets:write")
def close(protocol: str) -> ResponseReturnValue:
    tickets.close(runtime(), protocol, by=actor())
    return answer(_whole(protocol))


def _whole(protocol: str) -> TicketWithNotes:
    told = ticket_of(runtime(), protocol)
    return ticket_with_notes(told, transcripts=allows("transcripts:read"))


class MalformedError(Exception):
    """The body is no JSON object."""


def body() -> dict[str, Any]:
    """The JSON object of the request. Raises MalformedError, and 415 for another type."""
    data = request.get_json(silent=False)
    if not isinstance(data, dict):
        raise MalformedError
    return data


def read(shape: type[T], data: dict[str, Any]) -> T:
    """Raises ValidationError."""
    return shape.model_validate(data)


def answer(model: BaseModel) -> Response:
    """As JSON."""
    return jsonify(model.model_dump(mode="json"))


@bp.errorhandler(ValidationError)
def wrong_field(error: ValidationError) -> ResponseReturnValue:
    """Names of the fields and what is wrong; never what was sent."""
    items = error.errors(include_input=False, include_url=False, include_context=False)
    told = [f"{'.'.join(str(p) for p in item['loc'])[:60]}: {item['msg']}" for item in items]
    return problem(422, detail="; ".join(told)[:500])


@bp.errorhandler(MalformedError)
def malformed(error: MalformedError) -> ResponseReturnValue:
    return problem(422, detail="O corpo tem de ser um objeto JSON.")


@bp.errorhandler(tickets.TicketError)
def refused(error: tickets.TicketError) -> ResponseReturnValue:
    return problem(_STATUS.get(error.reason, 422), detail=error.reason)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return problem(503, headers={"Retry-After": RETRY_AFTER})


def http_error(error: HTTPException) -> ResponseReturnValue:
    """An error below ``/api/v1`` is a problem too, one of the routing included."""
    headers = {}
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        headers["Allow"] = ", ".join(sorted(allowed))
    return problem(error.code or 500, headers=headers)
