"""``/meu-acesso/conta``: to the provider of the official accounts and back."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session
from flask import url_for as path_for
from flask.typing import ResponseReturnValue

from ivr.adapters.twilio.signature import public_origin
from ivr.ports.errors import PortError
from ivr.ports.identity import IdentityProvider, IdentityRefusedError
from ivr.ports.store import StoreUnavailableError
from ivr.service import owner_oidc
from ivr.service.oidc_rounds import Parked
from ivr.web import owner_session
from ivr.web.owner_session import View, network_address, runtime
from ivr.web.reset import RETRY_AFTER

bp = Blueprint("owner_oidc", __name__, url_prefix="/meu-acesso/conta")

PROVIDER = "ivr.owner_identity"
NAME = "OWNER_OIDC_NAME"
"""Name of the account on the button, in the app's configuration."""
ISSUER = "OWNER_OIDC_ISSUER"
_PARKED, _NEXT = "owner_oidc", "owner_next"
_LONGEST = 4096
ONWARD = {
    "owner.set_pin": "owner.pin_form",
    "owner.revoke_pin": "owner.revoke_form",
    "owner.make_codes": "owner.codes_form",
    "owner.lift": "owner.lift_form",
}
ONWARD.update({form: form for form in ONWARD.values()})
"""Pages that a fresh log-in leads to, by what was asked for before it."""


def at_provider() -> bool:
    """Whether people log in at a provider, for want of a directory that tries passwords."""
    return provider() is not None and owner_oidc.needs_provider(runtime())


def provider() -> IdentityProvider | None:
    """The provider of the settings."""
    return cast("IdentityProvider | None", current_app.extensions.get(PROVIDER))


def freshly(view: View) -> View:
    """Where a change asks for the password elsewhere: a log-in of a few minutes ago at most. Else
    the provider is asked once more, and the page comes after it. Inside ``logged_in``."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if at_provider() and not g.owner.fresh:
            return redirect(path_for("owner_oidc.start", para=request.endpoint), 303)
        return view(*args, **kwargs)

    return cast(View, guarded)


@bp.get("")
def start() -> ResponseReturnValue:
    """To the provider."""
    found = _provider()
    url, parked = owner_oidc.start(runtime(), found, back=_back(), address=network_address())
    session[_PARKED] = [parked.state, parked.nonce, parked.verifier]
    session[_NEXT] = ONWARD.get(request.args.get("para", ""), "")
    return redirect(url, 303)


@bp.get("/volta")
def back() -> ResponseReturnValue:
    """From the provider, with a code or with an error."""
    found = _provider()
    kept, onward = session.pop(_PARKED, None), session.pop(_NEXT, "")
    parked = Parked(state=kept[0], nonce=kept[1], verifier=kept[2]) if kept else None
    code, issuer = request.args.get("code", ""), request.args.get("iss")
    if not code or len(code) > _LONGEST or issuer not in (None, current_app.config[ISSUER]):
        raise IdentityRefusedError("answer")
    token = owner_oidc.finish(
        runtime(),
        found,
        state=request.args.get("state", ""),
        code=code,
        parked=parked,
        back=_back(),
    )
    owner_session.begin(token)
    return redirect(path_for(ONWARD.get(onward, "owner.home")), 303)


@bp.errorhandler(IdentityRefusedError)
def refused(error: IdentityRefusedError) -> ResponseReturnValue:
    """The same words for all reasons."""
    return render_template("meu-acesso/refused.html"), 403


@bp.errorhandler(PortError)
@bp.errorhandler(StoreUnavailableError)
def away(error: Exception) -> ResponseReturnValue:
    return render_template("meu-acesso/later.html"), 503, {"Retry-After": RETRY_AFTER}


def _provider() -> IdentityProvider:
    if not at_provider():
        abort(404)
    return cast(IdentityProvider, provider())


def _back() -> str:
    return public_origin(current_app.config["PUBLIC_URL"]) + path_for("owner_oidc.back")
