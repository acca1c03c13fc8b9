"""The door of every page of the desk: who may enter, who is inside.

A page asks for its roles with :func:`staff_page`; everything else of a log-in is here or behind
``/entrar``. The cookie holds a random token; the rest is the server's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from ivr.ports.staff import ROLES, Role, StaffRow, StaffSession
from ivr.service import staff_sessions
from ivr.service.staff_sessions import StaffRuntime, Standing

MUST_ENROL = "STAFF_MUST_ENROL"
"""Name of the app's configuration: local accounts without a second factor get one first."""
ROLES_OF_VIEW = "staff_roles"
"""Attribute of a guarded view: the roles that it lets in."""
_TOKEN = "staff"
_CSRF = "csrf_token"
_ASKED = "staff_standing"
_STEPS = {"code": "entrar.code_form", "enrol": "entrar.enrol_form"}


class View(Protocol):
    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> ResponseReturnValue: ...


def staff_page(*roles: Role, background: bool = False) -> Callable[[View], View]:
    """Let in whoever is logged in with one of the roles; no roles: every logged-in person.

    Others get 403. Whoever is not logged in is led to the log-in and from there back here; a
    request of a script gets 401 instead (with ``HX-Redirect`` for htmx). ``background``: the page
    asks by itself (sign of life, live fragment), which does not keep a log-in from going idle
    unless the telephone rings or a talk goes on.
    """
    allowed = frozenset(roles or ROLES)

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            found = standing(by_person=not background)
            if found is None or found.step != "in":
                return _to_the_log_in(found)
            if not allowed & set(found.staff.roles):
                return ("" if _by_script() else render_template("entrar/forbidden.html")), 403
            return view(*args, **kwargs)

        setattr(guarded, ROLES_OF_VIEW, allowed)
        return cast(View, guarded)

    return guard


def me() -> StaffRow:
    """Who is logged in, in a view behind :func:`staff_page`."""
    return _standing().staff


def my_session() -> StaffSession:
    """The log-in of this request, in a view behind :func:`staff_page`."""
    return _standing().session


def runtime() -> StaffRuntime:
    return cast(StaffRuntime, current_app.extensions["ivr"])


def token() -> str:
    """What this browser holds, empty for nothing."""
    return str(session.get(_TOKEN, ""))


def standing(*, by_person: bool = True) -> Standing | None:
    """Who holds this browser's token and how far the log-in has come; asked once a request."""
    if _ASKED not in g:
        found = staff_sessions.standing_of(
            runtime(),
            token(),
            by_person=by_person,
            must_enrol=bool(current_app.config.get(MUST_ENROL)),
        )
        setattr(g, _ASKED, found)
    return cast("Standing | None", g.get(_ASKED))


def begin(new_token: str, *, keep: bool = False) -> None:
    """Start a log-in of this browser: a new token, and a new CSRF secret, so that nothing from
    before is of any use. The log-in it had before ends unless ``keep`` says that it was carried
    on and is ended already."""
    if keep:
        forget()
    else:
        end()
    session[_TOKEN] = new_token


def end() -> None:
    """End the log-in of this browser, here and on the server."""
    old = token()
    forget()
    if old:
        staff_sessions.log_out(runtime(), old)


def forget() -> None:
    """Drop the log-in's part of the cookie; the owner's page keeps its own."""
    session.pop(_TOKEN, None)
    session.pop(_CSRF, None)
    g.pop("csrf_token", None)
    g.pop(_ASKED, None)


def own_path(text: str | None) -> str:
    """A path of ours to go on to after the log-in, empty when the text is anything else."""
    if not text or not text.startswith("/") or text.startswith("//") or len(text) > 500:
        return ""
    if "\\" in text or not text.isprintable():
        return ""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path.split("/")[1] in ("entrar", "sair"):
        return ""
    try:
        current_app.url_map.bind("").match(parts.path, method="GET")
    except (RequestRedirect, HTTPException):
        return ""
    return text


def _standing() -> Standing:
    found = standing()
    assert found is not None, "me() in a view that is not behind staff_page"
    return found


def _to_the_log_in(found: Standing | None) -> ResponseReturnValue:
    endpoint = "entrar.log_in_form" if found is None else _STEPS[found.step]
    if request.headers.get("HX-Request") == "true":
        return "", 401, {"HX-Redirect": url_for(endpoint)}
    if _by_script():
        return "", 401
    back = own_path(request.full_path.rstrip("?")) if request.method == "GET" else ""
    onward: dict[str, Any] = {"next": back} if back else {}
    return redirect(url_for(endpoint, **onward), 303)


def _by_script() -> bool:
    """Whether a script asks, which shows no page (Fetch Metadata, W3C)."""
    return (
        request.headers.get("HX-Request") == "true"
        or request.headers.get("Sec-Fetch-Dest") == "empty"
    )
