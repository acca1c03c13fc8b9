"""Limits of the log-in under fire: many guesses at once are counted before they are compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest
from desk import Desk, people

from ivr.adapters.directory.demo import DemoDirectory
from ivr.ports.directory import Directory
from ivr.ports.errors import PortError
from ivr.service import owner_login
from ivr.service.owner_login import ACCOUNT_FAILURES, OwnerRuntime, log_in

ANA = people()["ana"]


class AskedDirectory(DemoDirectory):
    """The demo directory, and for whom it was asked to try a password."""

    asked: list[str]

    def authenticate(self, uid: str, password: str) -> bool:
        self.asked.append(uid)
        return super().authenticate(uid, password)


def asked_of(desk: Desk) -> list[str]:
    directory = desk.rt.directories[desk.rt.identity]
    assert isinstance(directory, DemoDirectory)
    directory.__class__ = AskedDirectory
    cast(AskedDirectory, directory).asked = []
    return cast(AskedDirectory, directory).asked


def runtime(desk: Desk) -> OwnerRuntime:
    return cast(OwnerRuntime, desk.rt)


def guess(desk: Desk, number: int) -> bool:
    return bool(
        log_in(
            runtime(desk),
            number=ANA["cpf"] if number % 2 else ANA["matricula"],
            password=f"palpite {number}",
            address=f"198.51.100.{number}",
        ).token
    )


@pytest.mark.on_both_stores
def test_guesses_at_once_reach_the_account_no_more_often_than_the_limit(still: Desk) -> None:
    asked = asked_of(still)
    with ThreadPoolExecutor(8) as pool:
        entered = list(pool.map(lambda n: guess(still, n), range(24)))
    assert not any(entered)
    assert asked.count("ana") == ACCOUNT_FAILURES
    assert len(asked) == 24


def test_without_the_limit_every_guess_would_reach_the_account(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_login, "ACCOUNT_FAILURES", 1_000)
    asked = asked_of(still)
    for number in range(ACCOUNT_FAILURES + 2):
        guess(still, number)
    assert asked.count("ana") == ACCOUNT_FAILURES + 2


def test_try_of_a_process_that_died_counts_as_failed(still: Desk) -> None:
    def die(self: DemoDirectory, uid: str, password: str) -> bool:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoDirectory, "authenticate", die)
        for number in range(ACCOUNT_FAILURES):
            with pytest.raises(KeyboardInterrupt):
                guess(still, number)
    right = log_in(runtime(still), number=ANA["cpf"], password=ANA["password"], address="::1")
    assert not right.token


class SilentDirectory:
    """Finds people as the demo directory does, and tries no password."""

    def __init__(self, inner: DemoDirectory) -> None:
        self.find = inner.find
        self.get = inner.get


def test_directory_that_cannot_try_passwords_is_told_apart(still: Desk) -> None:
    inner = still.rt.directories[still.rt.identity]
    assert isinstance(inner, DemoDirectory)
    silent = cast(Directory, SilentDirectory(inner))
    still.rt = replace(still.rt, directories={still.rt.identity: silent})
    with pytest.raises(PortError) as raised:
        guess(still, 1)
    assert raised.value.permanent
    assert still.rows("owner_logins") == 0
