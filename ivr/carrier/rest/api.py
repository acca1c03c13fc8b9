"""Which request does what; log-in; and errors as JSON. Synchronous: nothing here waits."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from ivr.carrier.exchange import Exchange
from ivr.carrier.rest import (
    applications,
    calls,
    conferences,
    messages,
    participants,
    queues,
    recordings,
)
from ivr.carrier.rest.request import (
    RestError,
    RestRequest,
    RestResponse,
    error_json,
    not_found,
)

Handler = Callable[..., RestResponse]

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/Calls.json", calls.create_call),
    ("GET", "/Calls.json", calls.list_calls),
    ("GET", "/Calls/{}.json", calls.fetch_call),
    ("POST", "/Calls/{}.json", calls.update_call),
    ("DELETE", "/Calls/{}.json", calls.delete_call),
    ("POST", "/Calls/{}/Recordings.json", recordings.create_call_recording),
    ("GET", "/Calls/{}/Recordings.json", recordings.list_call_recordings),
    ("GET", "/Calls/{}/Recordings/{}.json", recordings.fetch_call_recording),
    ("POST", "/Calls/{}/Recordings/{}.json", recordings.update_call_recording),
    ("DELETE", "/Calls/{}/Recordings/{}.json", recordings.delete_call_recording),
    ("GET", "/Conferences.json", conferences.list_conferences),
    ("GET", "/Conferences/{}.json", conferences.fetch_conference),
    ("POST", "/Conferences/{}.json", conferences.update_conference),
    ("GET", "/Conferences/{}/Recordings.json", conferences.list_recordings),
    ("GET", "/Conferences/{}/Participants.json", participants.list_participants),
    ("POST", "/Conferences/{}/Participants.json", participants.create_participant),
    ("GET", "/Conferences/{}/Participants/{}.json", participants.fetch_participant),
    ("POST", "/Conferences/{}/Participants/{}.json", participants.update_participant),
    ("DELETE", "/Conferences/{}/Participants/{}.json", participants.remove_participant),
    ("POST", "/Queues.json", queues.create_queue),
    ("GET", "/Queues.json", queues.list_queues),
    ("GET", "/Queues/{}.json", queues.fetch_queue),
    ("POST", "/Queues/{}.json", queues.update_queue),
    ("DELETE", "/Queues/{}.json", queues.delete_queue),
    ("GET", "/Queues/{}/Members.json", queues.list_members),
    ("GET", "/Queues/{}/Members/{}.json", queues.fetch_member),
    ("POST", "/Queues/{}/Members/{}.json", queues.update_member),
    ("POST", "/Messages.json", messages.create_message),
    ("GET", "/Messages.json", messages.list_messages),
    ("GET", "/Messages/{}.json", messages.fetch_message),
    ("DELETE", "/Messages/{}.json", messages.delete_message),
    ("GET", "/Recordings.json", recordings.list_recordings),
    ("GET", "/Recordings/{}.json", recordings.fetch_recording),
    ("DELETE", "/Recordings/{}.json", recordings.delete_recording),
    ("GET", "/Recordings/{}.wav", recordings.fetch_media),
    ("GET", "/Recordings/{}", recordings.fetch_media),
    ("POST", "/Applications.json", applications.create_application),
    ("GET", "/Applications.json", applications.list_applications),
    ("GET", "/Applications/{}.json", applications.fetch_application),
    ("POST", "/Applications/{}.json", applications.update_application),
    ("DELETE", "/Applications/{}.json", applications.delete_application),
    ("POST", "/Tokens.json", applications.create_token),
)


def _pattern(template: str) -> re.Pattern[str]:
    """A SID has no dot, so that ``/Recordings/{}`` does not take a file name."""
    return re.compile(re.escape(template).replace(r"\{\}", r"(Twilio\.CURRENT|[A-Za-z0-9_-]+)"))


ROUTES = tuple((method, _pattern(template), handler) for method, template, handler in _ROUTES)


class RestApi:
    """``keys`` are further log-ins: API key SID to secret."""

    def __init__(self, exchange: Exchange, *, keys: Mapping[str, str] | None = None) -> None:
        self._exchange = exchange
        self._logins = {exchange.account_sid: exchange.token, **(keys or {})}
        self._root = f"/2010-04-01/Accounts/{exchange.account_sid}"

    def handle(self, request: RestRequest) -> RestResponse:
        """Answer ``request``. Needs the exchange's loop to be the running one."""
        try:
            self._check_login(request)
            return self._dispatch(request)
        except RestError as failure:
            return error_json(failure)

    def _check_login(self, request: RestRequest) -> None:
        name, password = request.login or ("", "")
        known = self._logins.get(name)
        if known is None or not hmac.compare_digest(known.encode(), password.encode()):
            raise RestError(401, 20003, "Authenticate")

    def _dispatch(self, request: RestRequest) -> RestResponse:
        if not request.path.startswith(self._root + "/"):
            raise not_found(request.path)
        path = unquote(request.path.removeprefix(self._root))
        allowed = False
        for method, pattern, handler in ROUTES:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if method == request.method:
                return handler(self._exchange, request, *match.groups())
            allowed = True
        if allowed:
            raise RestError(405, 20004, "Method not allowed")
        raise not_found(request.path)
