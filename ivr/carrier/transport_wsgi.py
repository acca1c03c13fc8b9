"""Calls a WSGI application in this very process: no sockets, right for virtual time."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from ivr.carrier.transport import HttpRequest, HttpResponse

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiTransport:
    """Every host name leads to ``app``; it runs to its end before the loop goes on.

    ``latency`` in seconds is the network's, so that a loop of redirects also takes time.
    """

    def __init__(self, app: WsgiApp, *, latency: float = 0.02) -> None:
        self._app = app
        self._latency = latency

    async def send(self, request: HttpRequest, *, connect: float, read: float) -> HttpResponse:
        await asyncio.sleep(self._latency)
        return self.call(request)

    async def close(self) -> None:
        return None

    def call(self, request: HttpRequest) -> HttpResponse:
        started: dict[str, Any] = {}

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            if exc_info is not None and started.get("sent"):
                raise exc_info[1]
            started.update(status=status, headers=headers)
            return written.append

        written: list[bytes] = []
        result = self._app(environ_of(request), start_response)
        try:
            body = b"".join([*written, *result])
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        return HttpResponse(
            status=int(started["status"].split()[0]),
            headers={name.lower(): value for name, value in started["headers"]},
            body=body,
        )


def environ_of(request: HttpRequest) -> dict[str, Any]:
    """The WSGI environment, with gunicorn's ``RAW_URI`` (path and query as they were sent)."""
    parts = urlsplit(request.url)
    path = parts.path or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": path + ("?" + parts.query if parts.query else ""),
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    environ.pop("HTTP_CONTENT_LENGTH", None)
    return environ
