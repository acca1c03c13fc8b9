"""Forms of the owner's page. What was typed is never sent back."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired


class LogInForm(FlaskForm):
    number = StringField(
        lazy_gettext("CPF ou matrícula"),
        validators=[InputRequired(lazy_gettext("Digite o CPF ou a matrícula."))],
    )
    password = PasswordField(
        lazy_gettext("Senha da conta"),
        validators=[InputRequired(lazy_gettext("Digite a senha da conta."))],
    )


class ConfirmForm(FlaskForm):
    """The directory's password once more, before a change."""

    password = PasswordField(
        lazy_gettext("Senha da conta, a mesma do computador"),
        validators=[InputRequired(lazy_gettext("Digite a senha da conta."))],
    )


class PinForm(ConfirmForm):
    pin = PasswordField(
        lazy_gettext("Nova senha do telefone"),
        validators=[InputRequired(lazy_gettext("Digite a nova senha do telefone."))],
    )
    again = PasswordField(
        lazy_gettext("Repita a nova senha do telefone"),
        validators=[
            InputRequired(lazy_gettext("Digite a senha do telefone outra vez.")),
            EqualTo("pin", lazy_gettext("As duas senhas do telefone não são iguais.")),
        ],
    )


class ButtonForm(FlaskForm):
    """Nothing but the button and its CSRF token."""


def blame(field: Any, message: str) -> None:
    """Put an error at a field."""
    field.errors = [*field.errors, message]
