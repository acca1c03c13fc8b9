"""The browser's side of a log-in to the owner's page.

The cookie holds a random token; everything else is the server's. A log-in makes a new token and
a new CSRF secret, so that nothing from before it is of any use afterwards.
"""

from __future__ import annotations

import ipaddress
from functools import wraps
from typing import Any, Protocol, cast

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from ivr.service import owner_login
from ivr.service.owner_login import Owner, OwnerRuntime

_TOKEN = "owner"
_CSRF = "csrf_token"
_NETWORK_V6 = 64


class View(Protocol):
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> ResponseReturnValue: ...


def runtime() -> OwnerRuntime:
    return cast(OwnerRuntime, current_app.extensions["ivr"])


def begin(token: str) -> None:
    """Start the log-in of this browser; one that it had before ends."""
    end()
    session[_TOKEN] = token


def end() -> None:
    """End the log-in of this browser, here and on the server."""
    token = str(session.pop(_TOKEN, ""))
    session.pop(_CSRF, None)
    g.pop("csrf_token", None)
    if token:
        owner_login.log_out(runtime(), token)


def current() -> Owner | None:
    """Who is logged in."""
    return owner_login.owner_of(runtime(), str(session.get(_TOKEN, "")))


def owner() -> Owner:
    """Who is logged in, in a view behind :func:`logged_in`."""
    return cast(Owner, g.owner)


def logged_in(view: View) -> View:
    """Send whoever is not logged in to the log-in."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        found = current()
        if found is None:
            return redirect(url_for("owner.log_in_form"), 303)
        g.owner = found
        return view(*args, **kwargs)

    return cast(View, guarded)


def network_address() -> str:
    """Whom failures are counted for: the client's address, of IPv6 its network of 64 bits.

    From a proxy on this machine the last entry of ``X-Forwarded-For`` counts, which is the
    proxy's own; from anywhere else the header is not read.
    """
    peer = _address(request.remote_addr or "")
    if peer is not None and peer.is_loopback:
        told = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
        peer = told or peer
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, _NETWORK_V6), strict=False))
    return str(peer)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
