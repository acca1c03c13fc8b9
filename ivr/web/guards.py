"""Guards of the carrier's webhooks: signature first, then strict fields."""

from __future__ import annotations

import structlog
from flask import Response, abort, g, request

from ivr.adapters.twilio.catalogue import PATTERNS, Route
from ivr.adapters.twilio.fields import BadFieldsError, Inbound, read_fields
from ivr.adapters.twilio.signature import signed_url
from ivr.web.edge import edge

log = structlog.get_logger("ivr.edge")

REFUSED = frozenset(
    {"missing", "repeated", "name", "ambiguous", "foreign", "oversize", "inconsistent"}
)
"""Reasons that no carrier's own request has: refused. The others are garbage in a field, and the
call goes on with a person."""


class GarbledError(Exception):
    """A genuine request with a field that cannot be used."""


def signed_fields(route: Route) -> Inbound:
    """The fields of a request that the carrier signed. Aborts with 403; raises GarbledError."""
    here = edge()
    url = signed_url(here.public_url, request.environ)
    header = request.headers.get("X-Twilio-Signature")
    if not here.signatures.check(url=url, form=request.form, header=header):
        log.warning("webhook refused", route=route, why="signature")
        abort(Response(status=403))
    calls = request.form.getlist("CallSid")
    if len(calls) == 1 and PATTERNS["CallSid"].fullmatch(calls[0]):
        g.signed_call = calls[0]
    try:
        return read_fields(request.form, route=route, account_sid=here.account_sid)
    except BadFieldsError as error:
        log.warning("webhook fields", route=route, field=error.field, why=error.reason)
        if error.reason in REFUSED:
            abort(Response(status=403))
        raise GarbledError from None


def signed_call() -> str:
    """The call of this request, empty before its signature was found good."""
    return str(g.get("signed_call", ""))
