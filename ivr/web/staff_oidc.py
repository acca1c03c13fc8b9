"""``/entrar/oidc``: to the identity provider and back."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, session
from flask import url_for as path_for
from flask.typing import ResponseReturnValue

from ivr.adapters.twilio.signature import public_origin
from ivr.ports.errors import PortError
from ivr.ports.identity import IdentityProvider, IdentityRefusedError
from ivr.ports.store import StoreUnavailableError
from ivr.service import staff_oidc
from ivr.service.oidc_rounds import Parked
from ivr.web import door
from ivr.web.owner_session import network_address
from ivr.web.reset import RETRY_AFTER
from ivr.web.staff_words import OIDC

bp = Blueprint("oidc", __name__, url_prefix="/entrar/oidc")

PROVIDER = "ivr.identity"
NAME = "OIDC_NAME"
"""Name of the provider on the button, in the app's configuration; empty for none."""
ISSUER = "OIDC_ISSUER"
_PARKED = "staff_oidc"
_NEXT = "staff_next"
_LONGEST = 4096


@bp.get("")
def start() -> ResponseReturnValue:
    """To the provider."""
    url, parked = staff_oidc.start(
        door.runtime(), _provider(), back=_back(), address=network_address()
    )
    session[_PARKED] = [parked.state, parked.nonce, parked.verifier]
    session[_NEXT] = door.own_path(request.args.get("next"))
    return redirect(url, 303)


@bp.get("/volta")
def back() -> ResponseReturnValue:
    """From the provider, with a code or with an error."""
    kept, onward = session.pop(_PARKED, None), session.pop(_NEXT, "")
    parked = Parked(state=kept[0], nonce=kept[1], verifier=kept[2]) if kept else None
    code = request.args.get("code", "")
    issuer = request.args.get("iss")
    if not code or len(code) > _LONGEST or issuer not in (None, current_app.config[ISSUER]):
        raise IdentityRefusedError("answer")
    token = staff_oidc.finish(
        door.runtime(),
        _provider(),
        state=request.args.get("state", ""),
        code=code,
        parked=parked,
        back=_back(),
    )
    door.begin(token)
    return redirect(door.own_path(onward) or path_for("conta.start"), 303)


@bp.errorhandler(IdentityRefusedError)
def refused(error: IdentityRefusedError) -> ResponseReturnValue:
    """The same words for all reasons but one that the person can mend."""
    word = "level" if error.reason in ("level", "amr") else "refused"
    return render_template("entrar/refused.html", words=OIDC[word]), 403


@bp.errorhandler(PortError)
def provider_is_away(error: PortError) -> ResponseReturnValue:
    page = render_template("entrar/refused.html", words=OIDC["away"])
    return page, 503, {"Retry-After": RETRY_AFTER}


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("entrar/later.html"), 503, {"Retry-After": RETRY_AFTER}


def _provider() -> IdentityProvider:
    found = current_app.extensions.get(PROVIDER)
    if found is None:
        abort(404)
    return cast(IdentityProvider, found)


def _back() -> str:
    return public_origin(current_app.config["PUBLIC_URL"]) + path_for("oidc.back")
