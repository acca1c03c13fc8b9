"""The account on an agent's screen does not ask the directory at every refresh."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ivr.ports.directory import Account
from ivr.ports.errors import PortError
from ivr.service.desk.accounts_seen import AWAY_FOR, GOOD_FOR, MOST, AccountsSeen


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 25, 14, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Asked:
    """A directory that counts."""

    away: bool = False
    asked: list[str] = field(default_factory=list)

    def get(self, uid: str) -> Account | None:
        self.asked.append(uid)
        if self.away:
            raise PortError("away")
        return Account(uid=uid, person_key="", name="", mail="") if uid != "gone" else None


def test_directory_is_asked_once_a_minute_however_often_the_page_refreshes() -> None:
    clock, directory, seen = Clock(), Asked(), AccountsSeen()
    for _ in range(20):
        assert seen.get("d", directory, "u", clock=clock) is not None  # type: ignore[arg-type]
    assert directory.asked == ["u"]
    clock.at += GOOD_FOR
    seen.get("d", directory, "u", clock=clock)  # type: ignore[arg-type]
    assert directory.asked == ["u", "u"]


def test_account_that_is_gone_is_remembered_as_gone() -> None:
    clock, directory, seen = Clock(), Asked(), AccountsSeen()
    for _ in range(2):
        assert seen.get("d", directory, "gone", clock=clock) is None  # type: ignore[arg-type]
    assert directory.asked == ["gone"]


def test_directory_that_is_away_is_left_alone_for_a_while_and_told_each_time() -> None:
    clock, directory, seen = Clock(), Asked(away=True), AccountsSeen()
    for _ in range(3):
        with pytest.raises(PortError):
            seen.get("d", directory, "u", clock=clock)  # type: ignore[arg-type]
    assert directory.asked == ["u"]
    directory.away = False
    clock.at += AWAY_FOR - timedelta(seconds=1)
    with pytest.raises(PortError):
        seen.get("d", directory, "u", clock=clock)  # type: ignore[arg-type]
    clock.at += timedelta(seconds=1)
    assert seen.get("d", directory, "u", clock=clock) is not None  # type: ignore[arg-type]


def test_same_key_of_two_directories_is_two_accounts_and_few_are_kept() -> None:
    clock, one, other, seen = Clock(), Asked(), Asked(), AccountsSeen()
    seen.get("one", one, "u", clock=clock)  # type: ignore[arg-type]
    seen.get("other", other, "u", clock=clock)  # type: ignore[arg-type]
    assert (one.asked, other.asked) == (["u"], ["u"])
    for n in range(MOST):
        seen.get("one", one, f"n{n}", clock=clock)  # type: ignore[arg-type]
    seen.get("one", one, "u", clock=clock)  # type: ignore[arg-type]
    assert one.asked.count("u") == 2
