"""The owner's page ``/meu-acesso``: log in with the directory, then look after telephone access.

Every page works without JavaScript, and nothing of a form comes back in an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from ivr.domain.local_time import to_local
from ivr.domain.telephone_pin import MESSAGES, PIN_MAX, PIN_MIN
from ivr.ports.errors import PortError
from ivr.ports.store import StoreUnavailableError
from ivr.service import owner as owners
from ivr.service.links import FREEZE
from ivr.service.owner_events import last_events
from ivr.service.owner_login import IDLE, log_in
from ivr.service.owner_oidc import needs_provider
from ivr.web import owner_session
from ivr.web.owner_forms import ButtonForm, ConfirmForm, LogInForm, PinForm, blame
from ivr.web.owner_oidc import NAME, at_provider, freshly
from ivr.web.owner_session import logged_in, network_address, runtime
from ivr.web.owner_words import (
    BARRED,
    DONE,
    EVENTS,
    MALFORMED,
    MUST_CHANGE,
    NOT_CONFIRMED,
    NOT_LIFTED,
    REFUSED,
)
from ivr.web.reset import MAX_BODY, RETRY_AFTER

_BARRED = {"lift": NOT_LIFTED}

bp = Blueprint("owner", __name__, url_prefix="/meu-acesso")


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY


@bp.get("")
@logged_in
def home() -> ResponseReturnValue:
    """The state of the person's telephone access."""
    me = owner_session.owner()
    return render_template(
        "meu-acesso/home.html",
        view=owners.overview(runtime(), me),
        events=last_events(runtime(), me),
        words=EVENTS,
        local=to_local,
        done=DONE.get(request.args.get("feito", "")),
        form=ButtonForm(formdata=None),
        minutes=int(IDLE.total_seconds() // 60),
        codes=owners.CODES,
    )


@bp.get("/entrar")
def log_in_form() -> ResponseReturnValue:
    if owner_session.current() is not None:
        return redirect(url_for("owner.home"), 303)
    return _log_in_page(LogInForm(formdata=None))


@bp.post("/entrar")
def enter() -> ResponseReturnValue:
    """Try the password of the directory."""
    form = LogInForm()
    if not form.validate():
        return _stale_or(form, _log_in_page)
    result = log_in(
        runtime(),
        number=form.number.data or "",
        password=form.password.data or "",
        address=network_address(),
    )
    if result.token:
        owner_session.begin(result.token)
        return redirect(url_for("owner.home"), 303)
    if result.malformed:
        blame(form.number, MALFORMED)
    else:
        blame(form.password, MUST_CHANGE if result.must_change else REFUSED)
    return _log_in_page(form, status=422)


@bp.post("/sair")
def leave() -> ResponseReturnValue:
    """End the log-in, wherever copies of its cookie are."""
    if not ButtonForm().validate():
        return _stale_page()
    owner_session.end()
    return redirect(url_for("owner.log_in_form", feito="out"), 303)


@bp.get("/senha-do-telefone")
@logged_in
@freshly
def pin_form() -> ResponseReturnValue:
    return _pin_page(_confirm_form(PinForm, formdata=None))


@bp.post("/senha-do-telefone")
@logged_in
@freshly
def set_pin() -> ResponseReturnValue:
    """Set or change the telephone PIN."""
    form = _confirm_form(PinForm)
    if not form.validate():
        return _stale_or(form, _pin_page)
    change = owners.set_pin(
        runtime(),
        owner_session.owner(),
        pin=form.pin.data or "",
        password=_password(form),
        address=network_address(),
    )
    for fault in change.faults:
        blame(form.pin, MESSAGES[fault])
    if change.barred:
        blame(form.pin, BARRED)
    if change.refused:
        blame(form.password or form.pin, NOT_CONFIRMED)
    return _done("pin") if change.ok else _pin_page(form, status=422)


@bp.get("/senha-do-telefone/apagar")
@logged_in
@freshly
def revoke_form() -> ResponseReturnValue:
    return _confirm_page("revoke", _confirm_form(formdata=None))


@bp.post("/senha-do-telefone/apagar")
@logged_in
@freshly
def revoke_pin() -> ResponseReturnValue:
    form = _confirm_form()
    if not form.validate():
        return _stale_or(form, lambda form, status: _confirm_page("revoke", form, status=status))
    change = owners.revoke_pin(
        runtime(),
        owner_session.owner(),
        password=_password(form),
        address=network_address(),
    )
    return _done("revoked") if change.ok else _refused_page("revoke", form, change)


@bp.get("/codigos")
@logged_in
@freshly
def codes_form() -> ResponseReturnValue:
    return _confirm_page("codes", _confirm_form(formdata=None))


@bp.post("/codigos")
@logged_in
@freshly
def make_codes() -> ResponseReturnValue:
    """Make ten printed codes and show them this once."""
    form = _confirm_form()
    if not form.validate():
        return _stale_or(form, lambda form, status: _confirm_page("codes", form, status=status))
    change = owners.make_codes(
        runtime(),
        owner_session.owner(),
        password=_password(form),
        address=network_address(),
    )
    if not change.ok:
        return _refused_page("codes", form, change)
    return render_template("meu-acesso/codes_shown.html", codes=change.codes)


@bp.get("/nao-fui-eu")
@logged_in
def freeze_form() -> ResponseReturnValue:
    return render_template(
        "meu-acesso/freeze.html", form=ButtonForm(formdata=None), days=FREEZE.days
    )


@bp.post("/nao-fui-eu")
@logged_in
def freeze() -> ResponseReturnValue:
    """Keep telephone resets off the account. Protecting asks for no password."""
    if not ButtonForm().validate():
        return _stale_page()
    owners.freeze(runtime(), owner_session.owner())
    return _done("frozen")


@bp.get("/liberar")
@logged_in
@freshly
def lift_form() -> ResponseReturnValue:
    return _confirm_page("lift", _confirm_form(formdata=None))


@bp.post("/liberar")
@logged_in
@freshly
def lift() -> ResponseReturnValue:
    form = _confirm_form()
    if not form.validate():
        return _stale_or(form, lambda form, status: _confirm_page("lift", form, status=status))
    change = owners.lift_freeze(
        runtime(),
        owner_session.owner(),
        password=_password(form),
        address=network_address(),
    )
    return _done("unfrozen") if change.ok else _refused_page("lift", form, change)


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return _stale_page()


@bp.errorhandler(413)
def too_large_page(error: RequestEntityTooLarge) -> ResponseReturnValue:
    return _stale_page(status=413)


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return _later_page()


@bp.errorhandler(PortError)
def directory_is_away(error: PortError) -> ResponseReturnValue:
    """The account is gone from the directory: the log-in ends. The directory tries no passwords:
    that is said. Else: try again later."""
    if error.reason == "no_account":
        owner_session.end()
        return redirect(url_for("owner.log_in_form"), 303)
    return _no_log_in_page() if error.reason == "no_login" else _later_page()


def _done(word: str) -> Response:
    return redirect(url_for("owner.home", feito=word), 303)


def _no_log_in_page() -> ResponseReturnValue:
    """The directory of people cannot try a password: nobody can log in here."""
    return render_template("meu-acesso/no_log_in.html"), 501


def _log_in_page(form: LogInForm, status: int = 200) -> ResponseReturnValue:
    done = DONE["out"] if request.args.get("feito") == "out" else None
    if at_provider():
        name = current_app.config[NAME]
        return render_template("meu-acesso/at_provider.html", name=name, done=done), status
    if needs_provider(runtime()):
        return _no_log_in_page()
    return render_template("meu-acesso/log_in.html", form=form, done=done), status


def _confirm_form(kind: type[ConfirmForm] = ConfirmForm, **given: Any) -> Any:
    """A form that asks for the password, but where a provider proves people."""
    form = kind(**given)
    if at_provider():
        del form.password
    return form


def _password(form: Any) -> str:
    return (form.password.data or "") if form.password else ""


def _pin_page(form: PinForm, status: int = 200) -> ResponseReturnValue:
    return (
        render_template("meu-acesso/pin.html", form=form, least=PIN_MIN, most=PIN_MAX),
        status,
    )


def _confirm_page(what: str, form: ConfirmForm, *, status: int = 200) -> ResponseReturnValue:
    return render_template(f"meu-acesso/{what}.html", form=form, codes=owners.CODES), status


def _refused_page(what: str, form: ConfirmForm, change: owners.Change) -> ResponseReturnValue:
    word = _BARRED.get(what, BARRED) if change.barred else NOT_CONFIRMED
    if not form.password:
        return render_template("meu-acesso/refused.html", word=word), 422
    blame(form.password, word)
    return _confirm_page(what, form, status=422)


def _stale_or(form: FlaskForm, page: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    return _stale_page() if "csrf_token" in form.errors else page(form, status=422)


def _stale_page(*, status: int = 400) -> ResponseReturnValue:
    return render_template("meu-acesso/stale.html"), status


def _later_page() -> ResponseReturnValue:
    return render_template("meu-acesso/later.html"), 503, {"Retry-After": RETRY_AFTER}
