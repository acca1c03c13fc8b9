"""The contract of :class:`ivr.ports.directory.Directory`, run on every connector.

A connector joins by a line in ``HOUSES``: a context manager that yields a :class:`House` (the
directory with the people of this module in it, a way to log in, and the faults it can be given),
or the name of a fixture that gives something of the same shape.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, insert

from ivr.adapters.db.engine import make_engine
from ivr.adapters.directory.demo import DemoDirectory, create_tables
from ivr.adapters.directory.demo_tables import ACCOUNT
from ivr.ports.directory import Directory, PolicyRefusalError
from ivr.ports.errors import PortError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIRST = "Primeira-Senha-2026"
OTHER = "Capivara-Azul-Voa-77"


@dataclass(frozen=True, kw_only=True)
class House:
    """A directory with ``ana`` (ordinary), ``clara`` (locked), ``davi`` (disabled), ``elisa``
    (privileged), ``fabio`` (no mobile) and two people who share the matrícula 30015."""

    directory: Directory
    opens: Callable[[str, str], bool]
    """Whether a log-in with uid and password succeeds."""
    lose_next_answer: Callable[[], None]
    go_down: Callable[[], None]
    locks: bool = True
    """False: the service shows no lock and takes none away, so ``clara`` is as ``ana`` is."""
    history: bool = True
    """False: this server lets a reset choose a password of before."""


class FrozenClock:
    def now(self) -> datetime:
        return NOW


@contextmanager
def demo_on_sqlite(tmp_path: Path) -> Iterator[House]:
    """On an ordinary engine of its own."""
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    with demo_on(create_engine(url, connect_args={"timeout": 30})) as house:
        yield house


@contextmanager
def demo_beside_the_store(tmp_path: Path) -> Iterator[House]:
    """On the engine that the service's store uses."""
    with demo_on(make_engine(f"sqlite:///{tmp_path / 'store.db'}", patience_s=30)) as house:
        yield house


@contextmanager
def demo_on(engine: Engine) -> Iterator[House]:
    create_tables(engine)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    hashed = cheap.hash(FIRST)
    people = [
        {"uid": "ana", "cpf": "12345678909", "matricula": "100013", "mobile": "+5567999990001"},
        {"uid": "clara", "cpf": "11122233396", "matricula": "100030", "locked": True},
        {"uid": "davi", "cpf": "22233344405", "matricula": "100048", "disabled": True},
        {"uid": "elisa", "cpf": "33344455508", "matricula": "100056", "privileged": True},
        {"uid": "fabio", "cpf": "44455566619", "matricula": "100064", "mobile": None},
        {"uid": "gemea1", "cpf": "55566677720", "matricula": "30015"},
        {"uid": "gemea2", "cpf": "66677788830", "matricula": "30015"},
    ]
    defaults = {
        "mobile": "+5567999990002",
        "mobile_changed_at": NOW - timedelta(days=1),
        "group_name": "servidores",
        "locked": False,
        "disabled": False,
        "privileged": False,
        "password_hash": hashed,
        "history": [hashed],
    }
    rows = [
        {
            **defaults,
            "name": f"{person['uid'].title()} Exemplo",
            "mail": f"{person['uid']}@demo.ms.gov.br.invalid",
            **person,
        }
        for person in people
    ]
    with engine.begin() as connection:
        connection.execute(insert(ACCOUNT), rows)
    directory = DemoDirectory(
        engine, clock=FrozenClock(), time_cost=1, memory_cost=8, parallelism=1
    )

    def lose() -> None:
        directory.faults.lose_answers = 1

    def down() -> None:
        directory.faults.down = True

    yield House(
        directory=directory,
        opens=directory.authenticate,
        lose_next_answer=lose,
        go_down=down,
    )
    engine.dispose()


HOUSES: dict[str, Any] = {
    "demo-sqlite": demo_on_sqlite,
    "demo-beside-the-store": demo_beside_the_store,
    "google_workspace": "google_workspace_house",
    "microsoft365": "microsoft365_house",
    "openldap": "openldap_house",
    "active-directory": "active_directory_house",
}


@pytest.fixture(params=HOUSES.values(), ids=HOUSES.keys())
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if isinstance(request.param, str):
        yield request.getfixturevalue(request.param)
        return
    with request.param(tmp_path) as built:
        yield built


def need_locks(house: House) -> None:
    if not getattr(house, "locks", True):
        pytest.skip("this service shows no lock of an account")


def has_history(house: House) -> bool:
    return bool(getattr(house, "history", True))


def test_servant_is_found_by_cpf_and_by_matricula(house: House) -> None:
    by_cpf = house.directory.find(kind="cpf", number="12345678909")
    by_matricula = house.directory.find(kind="matricula", number="100013")
    assert by_cpf is not None
    assert by_cpf == by_matricula == house.directory.get("ana")
    assert (by_cpf.uid, by_cpf.person_key, by_cpf.mobile, by_cpf.group) == (
        "ana",
        "12345678909",
        "+5567999990001",
        "servidores",
    )
    assert by_cpf.mobile_changed_at == NOW - timedelta(days=1)


def test_number_of_one_kind_is_not_looked_up_as_the_other(house: House) -> None:
    assert house.directory.find(kind="matricula", number="12345678909") is None
    assert house.directory.find(kind="cpf", number="100013") is None


def test_nobody_is_found_for_a_number_nobody_has(house: House) -> None:
    assert house.directory.find(kind="cpf", number="98765432100") is None
    assert house.directory.find(kind="matricula", number="999999999") is None
    assert house.directory.get("ninguem") is None


def test_two_people_with_one_number_are_an_error_and_not_a_guess(house: House) -> None:
    with pytest.raises(PortError) as caught:
        house.directory.find(kind="matricula", number="30015")
    assert caught.value.permanent


def test_person_without_a_mobile_is_found_without_one(house: House) -> None:
    account = house.directory.get("fabio")
    assert account is not None
    assert account.mobile is None


@pytest.mark.parametrize(
    ("uid", "flags"),
    [
        ("ana", (False, False, False)),
        ("clara", (True, False, False)),
        ("davi", (False, True, False)),
        ("elisa", (False, False, True)),
    ],
)
def test_locked_disabled_and_privileged_are_visible(
    house: House, uid: str, flags: tuple[bool, bool, bool]
) -> None:
    if uid == "clara":
        need_locks(house)
    account = house.directory.get(uid)
    assert account is not None
    assert (account.locked, account.disabled, account.privileged) == flags


def test_personal_data_is_not_in_the_repr_of_an_account(house: House) -> None:
    shown = repr(house.directory.get("ana"))
    for secret in ("12345678909", "Exemplo", "99999", "demo.ms.gov.br"):
        assert secret not in shown


INJECTIONS = ["*", "ana)(uid=*", "' OR '1'='1", "%", "_" * 6, "\\2a", "100013\x00", "1000 13", ""]


@pytest.mark.parametrize("text", INJECTIONS)
def test_injection_text_finds_nobody(house: House, text: str) -> None:
    assert house.directory.find(kind="cpf", number=text) is None
    assert house.directory.find(kind="matricula", number=text) is None
    assert house.directory.get(text) is None


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=40).filter(lambda t: not (t.isascii() and t.isdigit())))
def test_any_text_that_is_no_number_finds_nobody(house: House, text: str) -> None:
    assert house.directory.find(kind="matricula", number=text) is None


def test_reset_sets_the_new_password_and_retires_the_old_one(house: House) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert house.opens("ana", OTHER)
    assert not house.opens("ana", FIRST)


def test_second_reset_with_the_same_marker_changes_nothing_and_succeeds(house: House) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    house.directory.reset(
        uid="ana", password="Uma-Terceira-Senha-3", marker="job:1", must_change=True
    )
    assert house.opens("ana", OTHER)
    assert not house.opens("ana", "Uma-Terceira-Senha-3")


def test_late_retry_of_an_older_marker_does_not_bring_its_password_back(house: House) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    house.directory.reset(
        uid="ana", password="Segunda-Troca-2222", marker="job:2", must_change=False
    )
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert house.opens("ana", "Segunda-Troca-2222")


def test_marker_of_one_account_says_nothing_of_another(house: House) -> None:
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert not house.directory.applied(uid="clara", marker="job:1")
    house.directory.reset(uid="clara", password=OTHER, marker="job:1", must_change=False)
    assert house.opens("clara", OTHER)


def race(racers: int, work: Callable[[int], None]) -> list[BaseException]:
    gate, errors = threading.Barrier(racers), []

    def run(number: int) -> None:
        gate.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_eight_racers_with_one_marker_make_one_change(house: House) -> None:
    passwords = [f"Corrida-Numero-{n}-00" for n in range(8)]
    errors = race(
        8,
        lambda n: house.directory.reset(
            uid="ana", password=passwords[n], marker="job:race", must_change=False
        ),
    )
    assert errors == []
    assert sum(house.opens("ana", password) for password in passwords) == 1
    assert house.directory.applied(uid="ana", marker="job:race")
    winner = next(password for password in passwords if house.opens("ana", password))
    losers = [password for password in passwords if password != winner]
    house.directory.reset(uid="ana", password=losers[0], marker="job:next", must_change=False)
    assert house.opens("ana", losers[0]), "a loser's password must not have entered the history"


def test_racers_with_markers_of_their_own_each_make_their_change(house: House) -> None:
    errors = race(
        4,
        lambda n: house.directory.reset(
            uid="ana", password=f"Cada-Um-A-Sua-{n}", marker=f"job:{n}", must_change=False
        ),
    )
    assert errors == []
    assert all(house.directory.applied(uid="ana", marker=f"job:{n}") for n in range(4))
    for n in range(4 if has_history(house) else 0):
        with pytest.raises(PolicyRefusalError):
            house.directory.reset(
                uid="ana", password=f"Cada-Um-A-Sua-{n}", marker="job:again", must_change=False
            )


@pytest.mark.parametrize("password", ["", "curta", "a" * 11])
def test_short_password_is_refused_by_the_policy_and_changes_nothing(
    house: House, password: str
) -> None:
    with pytest.raises(PolicyRefusalError) as caught:
        house.directory.reset(uid="ana", password=password, marker="job:1", must_change=False)
    assert caught.value.permanent
    assert password == "" or password not in str(caught.value)
    assert house.opens("ana", FIRST)
    assert not house.directory.applied(uid="ana", marker="job:1")


def test_marker_of_a_refused_reset_is_still_good_for_a_better_password(house: House) -> None:
    with pytest.raises(PolicyRefusalError):
        house.directory.reset(uid="ana", password="curta", marker="job:1", must_change=False)
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert house.opens("ana", OTHER)


def test_last_five_passwords_are_refused_and_the_sixth_before_is_not(house: House) -> None:
    if not has_history(house):
        pytest.skip("this server lets a reset choose a password of before")
    for n in range(1, 5):
        house.directory.reset(
            uid="ana", password=f"Senha-Nova-Numero-{n}", marker=f"job:{n}", must_change=False
        )
    with pytest.raises(PolicyRefusalError):
        house.directory.reset(uid="ana", password=FIRST, marker="job:5", must_change=False)
    house.directory.reset(uid="ana", password=OTHER, marker="job:5", must_change=False)
    house.directory.reset(uid="ana", password=FIRST, marker="job:6", must_change=False)
    assert house.opens("ana", FIRST)


def test_reset_unlocks_a_locked_account(house: House) -> None:
    need_locks(house)
    assert not house.opens("clara", FIRST)
    house.directory.reset(uid="clara", password=OTHER, marker="job:1", must_change=False)
    account = house.directory.get("clara")
    assert account is not None
    assert not account.locked
    assert house.opens("clara", OTHER)


def test_unlock_alone_leaves_the_password(house: House) -> None:
    house.directory.unlock(uid="clara", marker="job:1")
    account = house.directory.get("clara")
    assert account is not None
    assert not account.locked
    assert house.opens("clara", FIRST)
    assert house.directory.applied(uid="clara", marker="job:1")


def test_reset_does_not_enable_a_disabled_account(house: House) -> None:
    house.directory.reset(uid="davi", password=OTHER, marker="job:1", must_change=False)
    assert not house.opens("davi", OTHER)


def test_change_of_an_account_that_is_not_there_is_a_permanent_error(house: House) -> None:
    for change in (
        lambda: house.directory.reset(uid="x", password=OTHER, marker="m", must_change=False),
        lambda: house.directory.unlock(uid="x", marker="m"),
    ):
        with pytest.raises(PortError) as caught:
            change()
        assert caught.value.permanent


def test_after_a_lost_answer_the_directory_says_that_the_change_was_made(house: House) -> None:
    house.lose_next_answer()
    with pytest.raises(PortError) as caught:
        house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert caught.value.unknown_outcome
    assert house.directory.applied(uid="ana", marker="job:1")
    house.directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert house.opens("ana", OTHER)


def test_change_that_was_never_asked_for_is_not_applied(house: House) -> None:
    assert not house.directory.applied(uid="ana", marker="job:1")


def test_directory_that_is_down_says_so_everywhere_and_changes_nothing(house: House) -> None:
    house.go_down()
    for ask in (
        lambda: house.directory.find(kind="cpf", number="12345678909"),
        lambda: house.directory.get("ana"),
        lambda: house.directory.applied(uid="ana", marker="m"),
        lambda: house.directory.unlock(uid="ana", marker="m"),
        lambda: house.directory.reset(uid="ana", password=OTHER, marker="m", must_change=False),
    ):
        with pytest.raises(PortError) as caught:
            ask()
        assert not caught.value.permanent
        assert OTHER not in str(caught.value)
