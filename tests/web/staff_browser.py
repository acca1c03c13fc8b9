"""A browser without JavaScript on the pages of staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyotp
from desk import PUBLIC, Desk
from flask.testing import FlaskClient
from web.link_world import csrf_of
from werkzeug.test import TestResponse

from ivr.cli import demo_staff
from ivr.ports.staff import AuditLine, StaffRow

LOG_IN = "/entrar"
CODE = "/entrar/codigo"
ENROL = "/entrar/segundo-fator"
START = "/entrar/inicio"
PASSWORD = "/entrar/senha"
LEAVE = "/sair"
ANA, BRUNO, CARLA, DAVI = "ana.agente", "bruno.agente", "carla.supervisora", "davi.admin"
ELISA = "elisa.auditora"


def with_staff(desk: Desk) -> Desk:
    """The desk with the invented staff in it."""
    demo_staff.load(desk.rt.store, desk.rt.keyed_hash, desk.rt.verify_pin)  # type: ignore[arg-type]
    return desk


def staff_password(desk: Desk) -> str:
    return demo_staff.password(desk.rt.keyed_hash)


@dataclass
class StaffBrowser:
    desk: Desk
    address: str = "127.0.0.1"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.desk.app.test_client()

    def open(self, path: str, headers: Any = None) -> TestResponse:
        return self.client.get(
            path, base_url=PUBLIC, headers=headers, environ_base={"REMOTE_ADDR": self.address}
        )

    def post(self, path: str, headers: Any = None, **fields: str) -> TestResponse:
        return self.client.post(
            path,
            base_url=PUBLIC,
            data=fields,
            headers=headers,
            environ_base={"REMOTE_ADDR": self.address},
        )

    def send(self, path: str, *, form_at: str = "", **fields: str) -> TestResponse:
        """Fill the form of a page and send it."""
        token = csrf_of(self.open(form_at or path).text)
        return self.post(path, csrf_token=token, **fields)

    def log_in(self, login: str = ANA, *, password: str = "", next: str = "") -> TestResponse:
        path = f"{LOG_IN}?next={next}" if next else LOG_IN
        return self.send(
            path, form_at=LOG_IN, login=login, password=password or staff_password(self.desk)
        )

    def show_code(self, secret: str) -> TestResponse:
        return self.send(CODE, code=code_now(self.desk, secret))

    @property
    def inside(self) -> bool:
        return self.open(START).status_code == 200


def staff_inside(desk: Desk, login: str = ANA) -> StaffBrowser:
    """A browser that is logged in."""
    browser = StaffBrowser(desk)
    assert browser.log_in(login).status_code == 303
    assert browser.inside
    return browser


def staff_row(desk: Desk, login: str = ANA) -> StaffRow:
    with desk.rt.store.begin(write=False) as tx:
        row = tx.staff.by_login(login)
    assert row is not None
    return row


def audit_of(desk: Desk, login: str = ANA) -> list[AuditLine]:
    """Newest first."""
    with desk.rt.store.begin(write=False) as tx:
        return tx.audit.of(f"staff:{staff_row(desk, login).id}")


def code_now(desk: Desk, secret: str, *, steps: int = 0) -> str:
    """What the authenticator app shows at the desk's time."""
    return pyotp.TOTP(secret).at(desk.rt.clock.now(), counter_offset=steps)
