"""The carrier's REST API, reached lazily and through a configurable root.

``twilio.rest`` takes its time to import, so that happens with the first call of a worker. What
the library raises or would log holds numbers and texts; none of it leaves this module.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ivr.ports.errors import PortError

API_ROOT = "https://api.twilio.com"
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
T = TypeVar("T")
_RECORDING = re.compile(r"RE[0-9a-f]{32}")

_PERMANENT = {
    21211: "number_invalid",
    21408: "region_not_enabled",
    21610: "opted_out",
    21614: "not_a_mobile",
}


class TwilioApi:
    """An account at ``api_url``. Its client is built on first use; safe between threads."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        api_url: str = API_ROOT,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """Raises ValueError on an ``api_url`` that is no absolute http(s) address."""
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("TWILIO_API_URL must be an absolute http or https address")
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._root = api_url.rstrip("/")
        self._timeout = (connect_seconds, read_seconds)
        self._lock = threading.Lock()
        self._client: Any = None

    def __repr__(self) -> str:
        return f"TwilioApi({self._root})"

    @property
    def client(self) -> Any:
        """The library's client (``twilio.rest.Client``)."""
        with self._lock:
            if self._client is None:
                self._client = self._build()
            return self._client

    def call(self, work: Callable[[Any], T]) -> T:
        """Do something with the client. Raises :class:`PortError`, free of personal data."""
        fault: PortError
        try:
            return work(self.client)
        except PortError as error:
            fault = PortError(
                error.reason, permanent=error.permanent, unknown_outcome=error.unknown_outcome
            )
        except Exception as error:
            fault = _fault(error)
        raise fault

    def sound(self, recording: str) -> bytes:
        """The WAV of a recording, both channels (twilio.com/docs/voice/api/recording
        #fetch-a-recording-media-file). Raises :class:`PortError`."""
        import requests

        if _RECORDING.fullmatch(recording) is None:
            raise PortError("recording_invalid", permanent=True)
        url = f"{self._root}/2010-04-01/Accounts/{self._account_sid}/Recordings/{recording}.wav"
        login = (self._account_sid, self._auth_token)
        fault: PortError
        try:
            answer = requests.get(
                url, params={"RequestedChannels": "2"}, auth=login, timeout=self._timeout
            )
        except requests.RequestException as error:
            fault = _network_fault(error)
        else:
            if answer.status_code == 200:
                return answer.content
            fault = _refusal(answer.status_code, None)
        raise fault

    def _build(self) -> Any:
        from twilio.rest import Client

        logging.getLogger("urllib3.connectionpool").addFilter(_no_address)
        return Client(
            self._account_sid,
            self._auth_token,
            http_client=_http_client(self._root, self._timeout),
            environment={"TWILIO_EDGE": ""},
        )


def _no_address(record: logging.LogRecord) -> bool:
    """Below a warning, urllib3 logs the address of each request, with the number searched for."""
    return record.levelno >= logging.WARNING


def _http_client(root: str, timeout: tuple[float, float]) -> Any:
    from twilio.http.http_client import TwilioHttpClient

    class RootedHttpClient(TwilioHttpClient):  # type: ignore[misc, unused-ignore]
        """Sends what is meant for the public API to our root, and nothing anywhere else."""

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            if not url.startswith(API_ROOT + "/"):
                raise PortError("foreign_host", permanent=True)
            kwargs["timeout"] = None
            try:
                return super().request(method, root + url.removeprefix(API_ROOT), *args, **kwargs)
            finally:
                self._test_only_last_request = None
                self._test_only_last_response = None

        def log_request(self, kwargs: Any) -> None:
            """Nothing: a request holds numbers and texts."""

        def log_response(self, status_code: int, response: Any) -> None:
            """Nothing: a response holds numbers and texts."""

    http = RootedHttpClient()
    http.timeout = timeout
    return http


def _fault(error: Exception) -> PortError:
    from requests.exceptions import RequestException
    from twilio.base.exceptions import TwilioException

    if isinstance(error, RequestException):
        return _network_fault(error)
    if isinstance(error, TwilioException):
        page = error.args[1] if len(error.args) > 1 else None
        status = getattr(error, "status", None) or getattr(page, "status_code", None)
        if isinstance(status, int):
            return _refusal(status, getattr(error, "code", None))
    return PortError("unreadable_answer", unknown_outcome=True)


def _refusal(status: int, code: object) -> PortError:
    """Of an HTTP answer. A 5xx may come after the work was done."""
    if code in _PERMANENT:
        return PortError(_PERMANENT[int(str(code))], permanent=True)
    if status == 429 or code == 20429:
        return PortError("rate_limited")
    if status >= 500:
        return PortError(f"http_{status}", unknown_outcome=True)
    if status in (401, 403):
        return PortError("not_authorised")
    if status == 408:
        return PortError("timed_out", unknown_outcome=True)
    if 400 <= status < 500:
        word = f"code_{code}" if isinstance(code, int) and code != status else f"http_{status}"
        return PortError(word, permanent=True)
    return PortError(f"http_{status}", unknown_outcome=True)


def _network_fault(error: Exception) -> PortError:
    """Never connected: nothing happened. Anything later: it may have."""
    from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError
    from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

    if isinstance(error, ReadTimeout):
        return PortError("read_timeout", unknown_outcome=True)
    if isinstance(error, ConnectTimeout):
        return PortError("connect_timeout")
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(reason, NewConnectionError | NameResolutionError):
        return PortError("unreachable")
    if isinstance(error, SSLError | ProxyError):
        return PortError("unreachable")
    return PortError("connection_lost", unknown_outcome=True)
