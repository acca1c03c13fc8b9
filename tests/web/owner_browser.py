"""A browser without JavaScript on the owner's page of a desk."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from desk import PUBLIC, Desk, people
from flask.testing import FlaskClient
from web.link_world import csrf_of
from werkzeug.test import TestResponse

HOME = "/meu-acesso"
LOG_IN = "/meu-acesso/entrar"
PIN = "/meu-acesso/senha-do-telefone"
REVOKE = "/meu-acesso/senha-do-telefone/apagar"
CODES = "/meu-acesso/codigos"
FREEZE = "/meu-acesso/nao-fui-eu"
LIFT = "/meu-acesso/liberar"
LEAVE = "/meu-acesso/sair"
GOOD_PIN = "73905168"


@dataclass
class Browser:
    desk: Desk
    address: str = "127.0.0.1"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.desk.app.test_client()

    def open(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=PUBLIC, environ_base={"REMOTE_ADDR": self.address})

    def send(self, path: str, *, form_at: str = "", **fields: str) -> TestResponse:
        """Fill the form of a page and send it."""
        token = csrf_of(self.open(form_at or path).text)
        return self.post(path, csrf_token=token, **fields)

    def post(self, path: str, headers: Any = None, **fields: str) -> TestResponse:
        return self.client.post(
            path,
            base_url=PUBLIC,
            data=fields,
            headers=headers,
            environ_base={"REMOTE_ADDR": self.address},
        )

    def log_in(self, who: str = "ana", *, number: str = "", password: str = "") -> TestResponse:
        person = people()[who]
        return self.send(
            LOG_IN,
            number=number or person["cpf"],
            password=password or person["password"] or "x",
        )

    def cookie(self) -> AbstractContextManager[Any]:
        """What the signed cookie holds, to read and to forge."""
        return self.client.session_transaction(base_url=PUBLIC)

    @property
    def inside(self) -> bool:
        return self.open(HOME).status_code == 200


def logged_in(desk: Desk, who: str = "ana") -> Browser:
    browser = Browser(desk)
    assert browser.log_in(who).status_code == 303
    return browser


def password_of(who: str = "ana") -> str:
    return str(people()[who]["password"])


def errors(answer: TestResponse) -> list[str]:
    return re.findall(r'class="error" id="(\w+)-erro-\d+"', answer.text)
