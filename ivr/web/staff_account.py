"""``/entrar/inicio`` and one's own account: where the telephone is, password, second factor."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError

from ivr.domain.agent_line import LineError
from ivr.ports.staff import Audio
from ivr.ports.store import StoreUnavailableError
from ivr.service import staff_accounts
from ivr.web import door
from ivr.web.door import me, staff_page
from ivr.web.owner_forms import ButtonForm, blame
from ivr.web.owner_session import network_address
from ivr.web.reset import MAX_BODY, RETRY_AFTER
from ivr.web.staff_forms import AudioForm, PasswordForm
from ivr.web.staff_words import DONE, LINE, NOT_CONFIRMED, ROLES

bp = Blueprint("conta", __name__, url_prefix="/entrar")

CONSOLE = "/agente"


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY


@bp.get("/inicio")
@staff_page()
def start() -> ResponseReturnValue:
    """After the log-in: an agent chooses where to answer, everybody sees their account."""
    who = me()
    form = AudioForm(formdata=None)
    form.audio.data = who.audio
    form.number.data = who.line if who.line.startswith("+") else ""
    form.sip.data = who.line if who.line.startswith("sip") else ""
    return _start_page(form)


@bp.post("/inicio")
@staff_page("agent")
def go_to_work() -> ResponseReturnValue:
    """Keep where the agent answers and open the console."""
    form = AudioForm()
    if not form.validate():
        return _stale_or(form)
    audio = cast(Audio, form.audio.data)
    field = form.sip if audio == "sip" else form.number
    try:
        staff_accounts.set_audio(door.runtime(), me(), audio=audio, line=field.data or "")
    except LineError as error:
        blame(field, LINE[error.reason])
        return _start_page(form, status=422)
    return redirect(CONSOLE, 303)


@bp.get("/senha")
@staff_page()
def password_form() -> ResponseReturnValue:
    return _password_page(PasswordForm(formdata=None))


@bp.post("/senha")
@staff_page()
def set_password() -> ResponseReturnValue:
    """Change one's own password."""
    form = PasswordForm()
    if not form.validate():
        if "csrf_token" in form.errors:
            return _stale_page()
        return _password_page(form, status=422)
    found = door.standing()
    assert found is not None
    changed = staff_accounts.set_own_password(
        door.runtime(),
        found,
        old=form.old.data or "",
        new=form.new.data or "",
        address=network_address(),
    )
    if not changed:
        blame(form.old, NOT_CONFIRMED)
        return _password_page(form, status=422)
    return redirect(url_for("conta.start", feito="password"), 303)


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return _stale_page()


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return render_template("entrar/later.html"), 503, {"Retry-After": RETRY_AFTER}


def _start_page(form: AudioForm, status: int = 200) -> ResponseReturnValue:
    who = me()
    return (
        render_template(
            "entrar/start.html",
            form=form,
            who=who,
            roles=[ROLES[role] for role in who.roles],
            done=DONE.get(request.args.get("feito", "")),
            out=ButtonForm(formdata=None),
        ),
        status,
    )


def _password_page(form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    return render_template("entrar/password.html", form=form), status


def _stale_or(form: FlaskForm) -> ResponseReturnValue:
    if "csrf_token" in form.errors or not isinstance(form, AudioForm):
        return _stale_page()
    return _start_page(form, status=422)


def _stale_page() -> ResponseReturnValue:
    return render_template("entrar/stale.html"), 400
