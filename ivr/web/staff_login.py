"""``/entrar`` and ``/sair``: the log-in of staff with a local account, step by step.

Password, second factor, place of the telephone. Every page works without JavaScript.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from ivr.ports.store import StoreUnavailableError
from ivr.service import staff_accounts, staff_login, totp
from ivr.service.staff_leave import leave_desk, leave_talks
from ivr.web import door, edge
from ivr.web.owner_forms import ButtonForm, blame
from ivr.web.owner_session import network_address
from ivr.web.reset import MAX_BODY, RETRY_AFTER
from ivr.web.staff_device import keep_marks, marks
from ivr.web.staff_forms import CodeForm, StaffLogInForm
from ivr.web.staff_words import CODE_REFUSED, DONE, REFUSED

bp = Blueprint("entrar", __name__)

ISSUER = "Central de TI MS"


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY


@bp.get("/entrar")
def log_in_form() -> ResponseReturnValue:
    """The password page; whoever is inside already goes on."""
    found = door.standing()
    if found is not None and found.step == "in":
        return _onward()
    return _log_in_page(StaffLogInForm(formdata=None))


@bp.post("/entrar")
def enter() -> ResponseReturnValue:
    """Try a password."""
    form = StaffLogInForm()
    if not form.validate():
        return _stale_or(form, _log_in_page)
    result = staff_login.log_in(
        door.runtime(),
        login=form.login.data or "",
        password=form.password.data or "",
        address=network_address(),
        marks=marks(),
    )
    if not result.token:
        blame(form.password, REFUSED)
        return _log_in_page(form, status=422)
    door.begin(result.token)
    found = door.standing()
    if found is not None and found.step != "in":
        endpoint = "entrar.code_form" if found.step == "code" else "entrar.enrol_form"
        return redirect(url_for(endpoint, **_next()), 303)
    return keep_marks(_onward(), result.marks)


@bp.get("/entrar/codigo")
def code_form() -> ResponseReturnValue:
    found = door.standing()
    if found is None or found.step != "code":
        return redirect(url_for("entrar.log_in_form", **_next()), 303)
    return _code_page(CodeForm(formdata=None))


@bp.post("/entrar/codigo")
def enter_code() -> ResponseReturnValue:
    """Try the code of the second factor."""
    found = door.standing()
    if found is None or found.step != "code":
        return redirect(url_for("entrar.log_in_form", **_next()), 303)
    form = CodeForm()
    if not form.validate():
        return _stale_or(form, _code_page)
    result = staff_login.show_code(
        door.runtime(),
        found,
        code=form.code.data or "",
        address=network_address(),
        marks=marks(),
    )
    if not result.token:
        blame(form.code, CODE_REFUSED)
        return _code_page(form, status=422)
    door.begin(result.token, keep=True)
    return keep_marks(_onward(), result.marks)


@bp.get("/entrar/segundo-fator")
def enrol_form() -> ResponseReturnValue:
    """A new second factor: its QR code, and the field for its first code."""
    found = door.standing()
    if found is None or found.step == "code":
        return redirect(url_for("entrar.log_in_form", **_next()), 303)
    return _enrol_page(CodeForm(formdata=None))


@bp.post("/entrar/segundo-fator")
def enrol() -> ResponseReturnValue:
    found = door.standing()
    if found is None or found.step == "code":
        return redirect(url_for("entrar.log_in_form", **_next()), 303)
    form = CodeForm()
    if not form.validate():
        return _stale_or(form, _enrol_page)
    fresh = staff_accounts.enrol(
        door.runtime(), found, token=door.token(), code=form.code.data or ""
    )
    if not fresh:
        blame(form.code, CODE_REFUSED)
        return _enrol_page(form, status=422)
    door.begin(fresh, keep=True)
    return _onward()


@bp.get("/entrar/segundo-fator/quadro.svg")
def enrol_picture() -> ResponseReturnValue:
    """The QR code of the second factor that is offered to this log-in."""
    found = door.standing()
    if found is None or found.staff.totp:
        abort(404)
    secret = totp.secret_for(door.runtime().keyed_hash, door.token())
    picture = io.BytesIO()
    import segno

    segno.make(totp.address_of(secret, login=found.staff.login, issuer=ISSUER), error="m").save(
        picture, kind="svg", scale=5, border=4, light="#fff"
    )
    return Response(picture.getvalue(), mimetype="image/svg+xml")


@bp.post("/sair")
def leave() -> ResponseReturnValue:
    """End the log-in, wherever copies of its cookie are."""
    if not ButtonForm().validate():
        return _stale_page()
    found = door.standing()
    door.end()
    if found is not None and found.step == "in" and "agent" in found.staff.roles:
        leave_desk(edge.runtime(), found.staff.id)
    if found is not None and found.step == "in":
        leave_talks(edge.runtime(), found.staff.id)
    return redirect(url_for("entrar.log_in_form", feito="out"), 303)


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return _stale_page()


@bp.errorhandler(413)
def too_large_page(error: RequestEntityTooLarge) -> ResponseReturnValue:
    return _stale_page(status=413)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("entrar/later.html"), 503, {"Retry-After": RETRY_AFTER}


def _onward() -> Response:
    """To the page that was asked for, else to the start of work."""
    back = door.own_path(request.args.get("next"))
    return redirect(back or url_for("conta.start"), 303)


def _next() -> dict[str, Any]:
    back = door.own_path(request.args.get("next"))
    return {"next": back} if back else {}


def _log_in_page(form: StaffLogInForm, status: int = 200) -> ResponseReturnValue:
    return (
        render_template(
            "entrar/log_in.html",
            form=form,
            back=_next(),
            done=DONE.get(request.args.get("feito", "")),
            provider=str(current_app.config.get("OIDC_NAME", "")),
        ),
        status,
    )


def _code_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    return render_template("entrar/code.html", form=form, back=_next()), status


def _enrol_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    found = door.standing()
    assert found is not None
    secret = totp.secret_for(door.runtime().keyed_hash, door.token())
    page = render_template(
        "entrar/enrol.html",
        form=form,
        back=_next(),
        again=bool(found.staff.totp),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )
    return page, status


def _stale_or(form: FlaskForm, page: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    return _stale_page() if "csrf_token" in form.errors else page(form, status=422)


def _stale_page(*, status: int = 400) -> ResponseReturnValue:
    return render_template("entrar/stale.html"), status
