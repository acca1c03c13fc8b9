"""The connection of a request, taken out of the server's hands.

A stream that stays with its worker thread holds it for hours; sixteen open consoles would stop
every telephone call. So the socket leaves the pool: see docs/decisions/0012.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

_KEYS = ("gunicorn.socket", "werkzeug.socket")


def can_leave(environ: Mapping[str, Any]) -> bool:
    """Whether the server of this request lets its connection go: plain HTTP/1 of gunicorn or of
    Werkzeug's own server."""
    found = _socket(environ)
    return found is not None and not isinstance(found, ssl.SSLSocket)


def take_away(environ: Mapping[str, Any]) -> socket.socket:
    """The connection, non-blocking, ours alone.

    The server keeps a socket whose other end is closed: what it still writes goes nowhere, and
    closing it touches nobody. Raises OSError.
    """
    theirs = _socket(environ)
    if theirs is None:
        raise OSError("no connection to take")
    ours = theirs.dup()
    dead, end = socket.socketpair()
    end.close()
    os.dup2(dead.fileno(), theirs.fileno(), inheritable=False)
    dead.close()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return ours


def _socket(environ: Mapping[str, Any]) -> socket.socket | None:
    if not str(environ.get("SERVER_PROTOCOL", "")).startswith("HTTP/1."):
        return None
    for key in _KEYS:
        found = environ.get(key)
        if isinstance(found, socket.socket):
            return found
    return None
