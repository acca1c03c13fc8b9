"""HTTPS to a directory that is a web service: time-outs, no second tries, no addresses in logs.

A request is sent once. What a failure means is said by :class:`ivr.ports.errors.PortError`: a
write that was sent and not answered has an unknown outcome; a write that was never sent has none.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from ivr.ports.errors import PortError

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)

Method = Literal["GET", "PATCH", "POST"]


class Tokens(Protocol):
    """Source of bearer tokens (RFC 6750). Safe between threads."""

    def token(self) -> str:
        """A token that is good now. Raises PortError ``token_refused``, ``token_unreachable`` or
        ``secret_missing``; nothing was sent to the directory then."""

    def forget(self) -> None:
        """The service refused the last token: get another one next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``body``: the JSON object, or empty where the answer held none."""

    status: int
    body: Mapping[str, Any] = field(repr=False)


class HttpsDirectory:
    """One service below ``base_url``. Safe between threads.

    ``ca_file``: PEM of the authorities to trust instead of the public ones.
    """

    def __init__(self, base_url: str, *, tokens: Tokens, ca_file: Path | None = None) -> None:
        self._base = require_https(base_url).rstrip("/")
        self._tokens = tokens
        self._session = https_session(ca_file)

    def ask(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET. Statuses other than 2xx, 400, 403 and 404 are raised as PortError."""
        return self._send("GET", path, params=params, headers=headers)

    def change(self, method: Method, path: str, *, body: Mapping[str, Any] | None = None) -> Answer:
        """PATCH or POST, sent once. Raises as :meth:`ask`, ``unknown_outcome`` where it applies."""
        return self._send(method, path, body=body)

    def _send(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        import requests

        bearer = {"Authorization": f"Bearer {self._tokens.token()}", "Accept": "application/json"}
        writing = method != "GET"
        fault: PortError
        try:
            response = self._session.request(
                method,
                self._base + path,
                params=params,
                json=body,
                headers={**bearer, **(headers or {})},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            fault = _fault(error, writing=writing)
        else:
            return self._judged(response.status_code, _json(response.content), writing=writing)
        raise fault

    def _judged(self, status: int, body: Mapping[str, Any] | None, *, writing: bool) -> Answer:
        if 200 <= status < 300:
            if body is None and not writing:
                raise PortError("answer_unreadable")
            return Answer(status=status, body=body or {})
        if status in (400, 403, 404):
            return Answer(status=status, body=body or {})
        if status == 401:
            self._tokens.forget()
            raise PortError("token_not_accepted")
        if status == 429:
            raise PortError("throttled")
        if status in (409, 412):
            raise PortError("overtaken")
        if status >= 500:
            raise PortError("directory_error", unknown_outcome=writing)
        raise PortError("answer_unexpected", permanent=True)


class AccountLocks:
    """Makes the changes of one account wait for each other inside this process.

    Neither service documents a compare-and-swap for users, so the look at the markers and the
    write that follows must not cross another one's.
    """

    def __init__(self, stripes: int = 64) -> None:
        self._locks = tuple(threading.Lock() for _ in range(stripes))

    def of(self, uid: str) -> threading.Lock:
        return self._locks[hash(uid) % len(self._locks)]


def require_https(url: str) -> str:
    """The address, if a password and a token may be sent there. Raises ValueError otherwise."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query:
        raise ValueError("must be an https address without user or query")
    return url


def https_session(ca_file: Path | None) -> Any:
    """A ``requests.Session`` that reads no proxy, netrc or CA setting from the environment."""
    import requests

    logging.getLogger("urllib3.connectionpool").addFilter(_no_address)
    session = requests.Session()
    session.trust_env = False
    if ca_file is not None:
        session.verify = str(ca_file)
    return session


def read_secret(path: Path) -> str:
    """The first line of a file. Raises PortError ``secret_missing``; the path is not repeated."""
    try:
        secret = path.read_text("utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        raise PortError("secret_missing")
    return secret


def _no_address(record: logging.LogRecord) -> bool:
    """Below a warning, urllib3 logs the address of each request, with the number searched for."""
    return record.levelno >= logging.WARNING


def _json(content: bytes) -> Mapping[str, Any] | None:
    import json

    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _fault(error: Exception, *, writing: bool) -> PortError:
    from urllib3 import exceptions as low

    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, (low.NewConnectionError, low.ConnectTimeoutError)):
        return PortError("directory_down")
    if isinstance(cause, low.SSLError) and isinstance(
        cause.args[0] if cause.args else None, ssl.SSLCertVerificationError
    ):
        return PortError("certificate_refused")
    return PortError("answer_lost" if writing else "directory_down", unknown_outcome=writing)
