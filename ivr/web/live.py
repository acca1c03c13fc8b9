"""``/eventos``: the event stream of whoever is logged in at the desk."""

from __future__ import annotations

import re
import resource
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue

from ivr.adapters.db.change_feed import change_feed
from ivr.adapters.db.store import SqlStore
from ivr.ports.store import StoreUnavailableError
from ivr.service.live import Console, words_of
from ivr.web.edge import runtime
from ivr.web.live_people import Watcher, watcher
from ivr.web.live_socket import can_leave, take_away
from ivr.web.live_streams import Streams

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger("ivr.live")

bp = Blueprint("live", __name__)

PATH = "/eventos"
STREAMS = "ivr.live"
GOES = "ivr.live.console"
"""Key of the request that carries the console whose connection is to leave the pool."""
MOST = 1000
"""Streams of a process; fewer when it may not open so many files."""
MOST_OF_ONE = 12
"""Streams of one person in a process: one a browser is usual."""
RETRY_S = 3
MOST_TICKETS = 20
_making = threading.Lock()
_PROTOCOL = re.compile(r"[A-Za-z0-9./-]{1,40}")


@bp.get(PATH)
def events() -> ResponseReturnValue:
    """An endless stream. ``?chamado=``: protocols of the tickets that are on the screen.

    401 without a log-in, 503 when no stream can be had now; in neither case is it an event.
    """
    try:
        person = watcher()
    except StoreUnavailableError:
        return _later()
    if person is None:
        return Response(status=401)
    if request.method != "GET":
        return Response(status=405, headers={"Allow": "GET"})
    lines = streams()
    full = len(lines.hub) >= most() or lines.hub.of_person(person.staff.id) >= MOST_OF_ONE
    if full or not can_leave(request.environ):
        return _later()
    asked = request.args.getlist("chamado")[:MOST_TICKETS]
    request.environ[GOES] = _console(person, [t for t in asked if _PROTOCOL.fullmatch(t)])
    return Response(
        status=200,
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "Connection": "close",
        },
    )


@bp.get(f"{PATH}/sessao")
def session() -> ResponseReturnValue:
    """204 while the log-in is good, 401 when it is over, 503 when nobody knows."""
    try:
        return Response(status=401 if watcher() is None else 204)
    except StoreUnavailableError:
        return _later()


def streams() -> Streams:
    """The streams of this process, made at the first need."""
    extensions = current_app.extensions
    if STREAMS not in extensions:
        store = runtime().store
        assert isinstance(store, SqlStore)
        with _making:
            if STREAMS not in extensions:
                extensions[STREAMS] = Streams(change_feed(store))
    found: Streams = extensions[STREAMS]
    return found


def most() -> int:
    """How many streams this process takes."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else min(MOST, files // 2)


class StreamsAside:
    """WSGI: takes the connection of an accepted stream away from the server."""

    def __init__(self, inner: WSGIApplication, taker: Callable[[], Streams]) -> None:
        self._inner = inner
        self._taker = taker

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._inner(environ, start)
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def listen(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said[:] = [(status, headers)]
            return start(status, headers, exc_info) if GOES not in environ else bytes

        body = self._inner(environ, listen)
        console: Console | None = environ.get(GOES)
        if console is None:
            return body
        status, headers = said[0]
        if not status.startswith("200"):
            start(status, headers)
            return body
        try:
            sock = take_away(environ)
        except OSError:
            log.warning("live connection gone")
        else:
            self._taker().take(sock, console, _head(status, headers))
        start(status, [("Content-Length", "0"), ("Connection", "close")])
        return [b""]


def _head(status: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in headers if name != "Content-Length"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def attach(app: Flask) -> None:
    """Serve ``/eventos`` in an app whose runtime is built by the first request at the latest."""
    app.register_blueprint(bp)

    def taker() -> Streams:
        found: Streams = app.extensions[STREAMS]
        return found

    app.wsgi_app = StreamsAside(app.wsgi_app, taker)  # type: ignore[method-assign, assignment]


def _console(person: Watcher, tickets: list[str]) -> Console:
    words = partial(words_of, tickets=tickets, session=person.session)
    return Console(
        staff=person.staff, words=words(person.staff), still=person.still, words_for=words
    )


def _later() -> Response:
    return Response(status=503, headers={"Retry-After": str(RETRY_S)})
