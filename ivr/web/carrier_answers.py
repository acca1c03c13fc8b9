"""What all webhooks of the carrier share: how much of a request is read, and what an answer is."""

from __future__ import annotations

from flask import Blueprint, Response, request

from ivr.adapters.twilio import twiml

LONGEST_BODY = 64 * 1024


def bound(bp: Blueprint) -> None:
    """Read no longer body than :data:`LONGEST_BODY` on the routes of a blueprint."""
    bp.before_request(bound_the_body)


def bound_the_body() -> None:
    request.max_content_length = LONGEST_BODY


def query() -> str:
    """The raw query string: the carrier signs it as it stands."""
    return request.query_string.decode("latin-1")


def xml(body: bytes) -> Response:
    """An answer that a caller hears."""
    return Response(body, content_type=twiml.CONTENT_TYPE)
