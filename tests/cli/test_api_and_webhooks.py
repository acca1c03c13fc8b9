"""``flask webhooks`` and ``flask api token``."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from click.testing import Result
from desk import Desk
from ticket_rows import begin

from ivr.domain.webhook_signature import headers, secret_of

VARIABLES = (
    "DATABASE_URL", "SECRET_KEY", "PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN",
)  # fmt: skip


class Shell:
    """The commands of a desk, with the settings of its environment."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        for name in VARIABLES:
            monkeypatch.setenv(name, str(getattr(desk.settings, name.lower())))
        monkeypatch.setenv("IVR_PIN_COST", "low")
        monkeypatch.setenv("IVR_VAR", str(desk.settings.ivr_var))
        monkeypatch.setenv("IVR_WEBHOOK_NETWORKS", "127.0.0.0/8")

    def run(self, *words: str) -> Result:
        from app import create_app

        return create_app().test_cli_runner().invoke(args=list(words))


@pytest.fixture
def shell(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(desk, monkeypatch)


class _Receiver(BaseHTTPRequestHandler):
    seen: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _Receiver.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    _Receiver.seen.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/aviso"
    server.shutdown()
    server.server_close()


def test_target_is_added_listed_tested_and_removed(shell: Shell, receiver: str) -> None:
    added = shell.run("webhooks", "add", "Outro sistema", receiver, "--event", "ticket.closed")
    assert added.exit_code == 0, added.output
    target, secret = re.findall(r"(wh_\w+|whsec_\S+)", added.output)
    listed = shell.run("webhooks", "list").output
    assert target in listed
    assert "ticket.closed" in listed
    assert secret not in listed
    tested = shell.run("webhooks", "test", target)
    assert "HTTP 204" in tested.output
    ((sent, body),) = _Receiver.seen
    good = headers(
        sent["webhook-id"],
        timestamp=int(sent["webhook-timestamp"]),
        body=body,
        secret=secret_of(secret),
    )
    assert sent["webhook-signature"] == good["webhook-signature"]
    assert shell.run("webhooks", "remove", target).exit_code == 0
    assert shell.run("webhooks", "remove", target).exit_code == 1
    assert shell.run("webhooks", "list").output.strip() == "nenhum destino"


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "ftp://example.org", "nada"])
def test_address_that_may_not_be_told_is_refused_at_once(shell: Shell, url: str) -> None:
    refused = shell.run("webhooks", "add", "x", url)
    assert refused.exit_code == 1
    assert shell.run("webhooks", "list").output.strip() == "nenhum destino"


def test_token_is_shown_once_works_and_is_revoked(shell: Shell) -> None:
    begin(shell.desk, 1)
    added = shell.run("api", "token", "add", "Painel")
    assert added.exit_code == 0, added.output
    token, plain = re.findall(r"(tk_\w+|ivr_\w+)", added.output)

    def status() -> int:
        client = shell.desk.app.test_client()
        shown = {"Authorization": f"Bearer {plain}"}
        return client.get("/api/v1/tickets", headers=shown).status_code

    assert status() == 200
    listed = shell.run("api", "token", "list").output
    assert token in listed
    assert "tickets:read" in listed
    assert plain not in listed
    assert shell.run("api", "token", "revoke", token).exit_code == 0
    assert shell.run("api", "token", "revoke", token).exit_code == 1
    assert status() == 401
    assert "revogada" in shell.run("api", "token", "list").output


def test_setting_of_networks_that_is_none_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_WEBHOOK_NETWORKS", "tudo")
    refused = shell.run("webhooks", "list")
    assert refused.exit_code != 0
    assert "IVR_WEBHOOK_NETWORKS" in refused.output
