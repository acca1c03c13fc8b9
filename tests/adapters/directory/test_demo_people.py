"""The invented people: their numbers hold, they load twice without harm, and each case is there."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.db.tables import metadata
from ivr.adapters.directory import CONNECTORS, connector
from ivr.adapters.directory.demo import DemoDirectory
from ivr.adapters.directory.demo_people import PEOPLE, as_json, load
from ivr.domain.identifier import Identifier, parse_identifier, parse_keyed
from ivr.domain.password_policy import PasswordOwner, PasswordRules, check_password
from ivr.domain.phone_number import normalise_phone

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class SteerableClock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class NoSeal:
    def close(self, plain: bytes) -> bytes:
        return plain

    def open(self, sealed: bytes) -> bytes:
        return sealed


def keyed_hash(purpose: str, value: str, /) -> str:
    return hmac.new(b"index", f"{purpose}:{value}".encode(), "sha256").hexdigest()


@pytest.fixture
def clock() -> SteerableClock:
    return SteerableClock()


@pytest.fixture
def store(tmp_path: Path, clock: SteerableClock) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    opened = open_store(url, seal=NoSeal(), keyed_hash=keyed_hash, clock=clock)
    with opened.engine.begin() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()


@pytest.fixture
def directory(store: SqlStore, clock: SteerableClock) -> DemoDirectory:
    return DemoDirectory(store.engine, clock=clock, time_cost=1, memory_cost=8, parallelism=1)


def test_every_number_of_every_person_holds() -> None:
    for person in PEOPLE:
        assert isinstance(parse_identifier("cpf", person.cpf), Identifier), person.key
        if person.in_directory:
            assert isinstance(parse_keyed(person.matricula), Identifier), person.key
        if person.pin:
            assert len(person.pin) == 8 and person.pin.isdigit(), person.key
            assert len(set(person.pin)) > 4, person.key
        if person.mobile:
            assert person.mobile.startswith("+55679999900"), person.key
            assert normalise_phone(person.mobile) == person.mobile, person.key


def test_nobody_shares_a_number_with_another() -> None:
    for field in ("key", "cpf", "matricula", "pin", "mobile", "password"):
        values = [value for person in PEOPLE if (value := getattr(person, field))]
        assert len(values) == len(set(values)), field


def test_a_dozen_people_each_with_something_to_try() -> None:
    assert len(PEOPLE) == 12
    assert all(len(person.note) > 30 for person in PEOPLE)


def test_initial_passwords_are_long_enough_for_the_policy() -> None:
    for person in PEOPLE:
        if person.password:
            faults = check_password(
                person.password, owner=PasswordOwner(), rules=PasswordRules(min_score=0)
            )
            assert faults == (), person.key


def test_loaded_people_log_in_and_prove_themselves_by_pin(
    store: SqlStore, directory: DemoDirectory
) -> None:
    assert load(store.engine, store, keyed_hash, CHEAP) == 11
    for person in PEOPLE:
        found = directory.find(kind="cpf", number=person.cpf)
        assert (found is not None) is person.in_directory, person.key
        with store.begin(write=False) as tx:
            pin_hash = tx.proofs.pin_hash(keyed_hash("cpf", person.cpf))
        assert (pin_hash is not None) is bool(person.pin), person.key
        if pin_hash is not None:
            assert CHEAP.verify(pin_hash, person.pin)
        if found is not None:
            assert directory.find(kind="matricula", number=person.matricula) == found
            assert (found.person_key, found.mobile) == (person.cpf, person.mobile)
            assert found.mail.endswith("@demo.ms.gov.br.invalid")
            good = not (person.locked or person.disabled)
            assert directory.authenticate(found.uid, person.password) is good, person.key


def test_each_case_of_the_demonstration_is_there(store: SqlStore, directory: DemoDirectory) -> None:
    load(store.engine, store, keyed_hash, CHEAP)
    accounts = [found for person in PEOPLE if (found := directory.get(person.key))]
    assert [account.uid for account in accounts if account.locked] == ["clara"]
    assert [account.uid for account in accounts if account.disabled] == ["davi"]
    assert [account.uid for account in accounts if account.privileged] == ["elisa"]
    assert [account.uid for account in accounts if account.mobile is None] == ["fabio"]
    assert [a.uid for a in accounts if a.mobile_changed_at == NOW - timedelta(days=1)] == ["gilda"]
    assert directory.must_change("joca")
    assert directory.get("iara") is None


def test_second_load_keeps_passwords_and_pins_and_renews_the_date_of_yesterday(
    store: SqlStore, directory: DemoDirectory, clock: SteerableClock
) -> None:
    load(store.engine, store, keyed_hash, CHEAP)
    chosen = "Uma-Senha-Bem-Nova-31"
    directory.reset(uid="ana", password=chosen, marker="job:1", must_change=False)
    account = keyed_hash("cpf", PEOPLE[0].cpf)
    with store.begin() as tx:
        tx.proofs.set_pin(account, "changed")
    clock.at += timedelta(days=10)
    assert load(store.engine, store, keyed_hash, CHEAP) == 0
    assert directory.authenticate("ana", chosen)
    with store.begin(write=False) as tx:
        assert tx.proofs.pin_hash(account) == "changed"
    gilda = directory.get("gilda")
    assert gilda is not None
    assert gilda.mobile_changed_at == clock.at - timedelta(days=1)


def test_no_password_and_no_pin_stands_in_the_database(store: SqlStore, tmp_path: Path) -> None:
    load(store.engine, store, keyed_hash, CHEAP)
    database = b"".join(path.read_bytes() for path in tmp_path.glob("demo.db*"))
    assert b"Ana Demonstra" in database, "the search does see the rows"
    for person in PEOPLE:
        for secret in (person.password, person.pin):
            assert not secret or secret.encode() not in database, person.key


def test_plain_data_of_the_people_is_json_with_presets() -> None:
    data = json.loads(json.dumps(as_json()))
    ana = next(person for person in data["people"] if person["key"] == "ana")
    for key in ("name", "cpf", "matricula", "pin", "mobile", "password", "note"):
        assert ana[key], key
    presets = {preset["id"]: preset["number"] for preset in data["presets"]}
    assert presets.keys() == {"known", "unknown", "withheld", "blocked"}
    assert presets["known"] == ana["mobile"]
    assert presets["withheld"] is None
    assert presets["unknown"] not in [person["mobile"] for person in data["people"]]


def test_people_do_not_show_their_secrets_in_a_repr() -> None:
    for person in PEOPLE:
        shown = repr(person)
        for secret in (person.cpf, person.pin, person.password, person.mobile):
            assert not secret or secret not in shown


@pytest.mark.parametrize("name", CONNECTORS)
def test_connector_of_the_table_can_be_imported(name: str) -> None:
    assert callable(connector(name).reset)


def test_unknown_connector_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no directory connector 'x'; known: .*demo"):
        connector("x")
