"""Forms of the staff's log-in. What was typed is never sent back, except a line's address."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, SelectChoice, StringField
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length

from ivr.service.staff_accounts import LEAST_PASSWORD

AUDIO = (
    SelectChoice("navegador", lazy_gettext("Neste navegador, com fone de ouvido")),
    SelectChoice("ramal", lazy_gettext("No meu telefone ou ramal")),
    SelectChoice("sip", lazy_gettext("Num endereço SIP")),
)


class StaffLogInForm(FlaskForm):
    login = StringField(
        lazy_gettext("Usuário"),
        validators=[InputRequired(lazy_gettext("Digite o usuário."))],
    )
    password = PasswordField(
        lazy_gettext("Senha"),
        validators=[InputRequired(lazy_gettext("Digite a senha."))],
    )


class CodeForm(FlaskForm):
    code = StringField(
        lazy_gettext("Código de 6 algarismos"),
        validators=[InputRequired(lazy_gettext("Digite o código.")), Length(max=20)],
    )


class AudioForm(FlaskForm):
    audio = RadioField(
        lazy_gettext("Onde você atende"),
        choices=AUDIO,
        validators=[
            AnyOf([choice.value for choice in AUDIO], lazy_gettext("Escolha onde você atende."))
        ],
        validate_choice=False,
    )
    number = StringField(lazy_gettext("Número do telefone ou ramal, com DDD"))
    sip = StringField(lazy_gettext("Endereço SIP"))


class PasswordForm(FlaskForm):
    old = PasswordField(
        lazy_gettext("Senha atual"),
        validators=[InputRequired(lazy_gettext("Digite a senha atual."))],
    )
    new = PasswordField(
        lazy_gettext("Nova senha"),
        validators=[
            InputRequired(lazy_gettext("Digite a nova senha.")),
            Length(
                min=LEAST_PASSWORD,
                max=1024,
                message=lazy_gettext("A nova senha precisa de 12 caracteres ou mais."),
            ),
        ],
    )
    again = PasswordField(
        lazy_gettext("Repita a nova senha"),
        validators=[
            InputRequired(lazy_gettext("Digite a nova senha outra vez.")),
            EqualTo("new", lazy_gettext("As duas senhas novas não são iguais.")),
        ],
    )
