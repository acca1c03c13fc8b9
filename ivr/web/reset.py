"""Pages behind the links of a message: choose a password, or say "não fui eu".

Whoever opens a dead link, whatever made it so, gets the same page. A page never shows a name, a
number or a password, and nothing of a form comes back in an answer.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from ivr.domain.local_time import to_local
from ivr.domain.password_policy import PasswordRules
from ivr.ports.errors import PortError
from ivr.ports.store import StoreUnavailableError
from ivr.service import links
from ivr.service.link_tokens import LinkRuntime
from ivr.web.public_facts import service_catalogue, service_name

bp = Blueprint("senha", __name__)

MAX_BODY = 16 * 1024
"""Bytes of a submitted form; more is refused before it is read."""
RETRY_AFTER = "120"
"""Seconds after which a page that is out of order is worth another try."""


class PasswordForm(FlaskForm):
    """The owner's new password, twice. What was typed is never sent back."""

    password = PasswordField(
        lazy_gettext("Nova senha"),
        validators=[InputRequired(lazy_gettext("Digite a nova senha."))],
    )
    again = PasswordField(
        lazy_gettext("Repita a nova senha"),
        validators=[
            InputRequired(lazy_gettext("Digite a senha outra vez.")),
            EqualTo("password", lazy_gettext("As duas senhas não são iguais.")),
        ],
    )


class NotMeForm(FlaskForm):
    """Nothing but the button and its CSRF token."""


@bp.before_request
def bound_the_body() -> None:
    request.max_content_length = MAX_BODY


@bp.app_context_processor
def facts_of_the_service() -> dict[str, Any]:
    return {"facts": service_catalogue().facts}


@bp.get("/senha/<token>")
def password_form(token: str) -> ResponseReturnValue:
    """The form, or the page of a dead link."""
    return _form_page(token, PasswordForm(formdata=None))


@bp.post("/senha/<token>")
def choose_password(token: str) -> ResponseReturnValue:
    """Take the password that the owner chose."""
    form = PasswordForm()
    if not form.validate():
        if "csrf_token" in form.errors:
            return _stale_page()
        return _form_page(token, form, status=422)
    result = links.choose_password(_runtime(), token, form.password.data or "")
    if result.ok:
        return render_template("senha/done.html")
    if result.already:
        return render_template("senha/already.html"), 409
    if result.reasons:
        for reason in result.reasons:
            form.password.errors = [*form.password.errors, reason.message]
        return _form_page(token, form, status=422)
    if result.again:
        return render_template("senha/busy.html"), 409, {"Retry-After": RETRY_AFTER}
    return _dead_page()


@bp.get("/nao-fui-eu/<token>")
def not_me_form(token: str) -> ResponseReturnValue:
    """The question, or the page of a dead link. Opening it changes nothing."""
    if links.open_link(_runtime(), token, purpose="not_me") is None:
        return _dead_page()
    return render_template("senha/not_me.html", form=NotMeForm(formdata=None))


@bp.post("/nao-fui-eu/<token>")
def not_me(token: str) -> ResponseReturnValue:
    """Keep telephone resets off the account."""
    form = NotMeForm()
    if not form.validate():
        return _stale_page()
    if not links.not_me(_runtime(), token):
        return _dead_page()
    return render_template("senha/not_me_done.html", days=links.FREEZE.days)


@bp.errorhandler(CSRFError)
def stale_page(error: CSRFError) -> ResponseReturnValue:
    return _stale_page()


@bp.errorhandler(413)
def too_large_page(error: RequestEntityTooLarge) -> ResponseReturnValue:
    return render_template("senha/stale.html"), 413


@bp.errorhandler(StoreUnavailableError)
def store_is_away(error: StoreUnavailableError) -> ResponseReturnValue:
    return _later_page()


@bp.errorhandler(PortError)
def directory_is_away(error: PortError) -> ResponseReturnValue:
    return _dead_page() if error.permanent else _later_page()


def _runtime() -> LinkRuntime:
    return cast(LinkRuntime, current_app.extensions["ivr"])


def _form_page(token: str, form: PasswordForm, *, status: int = 200) -> ResponseReturnValue:
    link = links.open_link(_runtime(), token)
    if link is None:
        return _dead_page()
    page = render_template(
        "senha/form.html",
        form=form,
        rules=PasswordRules(),
        service_name=service_name(link.service),
        good_until=format_datetime(
            to_local(link.expires_at), "dd/MM/yyyy 'às' HH:mm", rebase=False
        ),
    )
    return page, status


def _dead_page() -> ResponseReturnValue:
    return render_template("senha/dead.html"), 404


def _later_page() -> ResponseReturnValue:
    return render_template("senha/later.html"), 503, {"Retry-After": RETRY_AFTER}


def _stale_page() -> ResponseReturnValue:
    return render_template("senha/stale.html"), 400
