"""The owner's page before a directory that cannot try a password, as the clouds are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from desk import Desk, people
from web.link_world import csrf_of
from web.owner_browser import LOG_IN, Browser

from ivr.adapters.directory.google_workspace import GoogleWorkspaceDirectory
from ivr.adapters.directory.microsoft365 import Microsoft365Directory
from ivr.ports.directory import Account, Authenticator


@dataclass(frozen=True)
class CloudLike:
    """Knows people and tries no password."""

    inner: Any
    name: str = "mail"

    def find(self, *, kind: Any, number: str) -> Account | None:
        found: Account | None = self.inner.find(kind=kind, number=number)
        return found


def in_the_cloud(desk: Desk) -> Desk:
    inner = desk.rt.directories[desk.rt.identity]
    directories: Any = {**desk.rt.directories, desk.rt.identity: CloudLike(inner)}
    desk.rt = replace(desk.rt, directories=directories)
    desk.app.extensions["ivr"] = desk.rt
    return desk


@pytest.mark.parametrize("cloud", [Microsoft365Directory, GoogleWorkspaceDirectory])
def test_the_clouds_do_not_claim_to_try_passwords(cloud: type) -> None:
    assert not issubclass(cloud, Authenticator)


def test_the_page_says_that_nobody_can_log_in_here_and_asks_for_no_password(still: Desk) -> None:
    answer = Browser(in_the_cloud(still)).open(LOG_IN)
    assert answer.status_code == 501
    assert "não funciona com o seu sistema de senhas" in answer.text
    assert 'type="password"' not in answer.text
    assert "3318-3600" in answer.text


def test_a_directory_that_tries_passwords_is_asked_as_ever(still: Desk) -> None:
    """The control."""
    answer = Browser(still).open(LOG_IN)
    assert answer.status_code == 200
    assert 'type="password"' in answer.text
    assert "não funciona com o seu sistema de senhas" not in answer.text


def test_a_log_in_that_was_open_before_is_told_so_and_not_to_try_again(still: Desk) -> None:
    browser = Browser(still)
    page = browser.open(LOG_IN)
    assert page.status_code == 200
    in_the_cloud(still)
    answer = browser.post(
        LOG_IN, csrf_token=csrf_of(page.text), number=people()["ana"]["cpf"], password="x" * 12
    )
    assert answer.status_code == 501
    assert "tentar de novo não adianta" in answer.text
