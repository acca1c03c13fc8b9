"""The Active Directory connector on a real domain (Samba)."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ldap
import pytest
from fixtures_samba import FIRST, FrozenClock, People, quoted
from samba_domain import (
    DENIED_GROUP,
    NESTED_GROUP,
    SERVICE,
    SERVICE_PASSWORD,
)

from ivr.adapters.directory.active_directory import ActiveDirectory
from ivr.adapters.directory.active_directory_codes import bind_verdict
from ivr.adapters.directory.active_directory_ledger import Ledger
from ivr.adapters.directory.ldap_connection import LdapPool, LdapSession
from ivr.ports.directory import Authenticator, PolicyRefusalError, TellsMustChange
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"
UNICODE_PWD, MOBILE = 0x9005A, 0x150029
"""ATTRTYP of the attributes in the domain's own record of changes."""


def times_changed(people: People, uid: str, attribute: int) -> int:
    """How often the domain says that the attribute was written (MS-DRSR §5.169)."""
    blob = people.read(uid, "replPropertyMetaData") or b""
    for row in range(struct.unpack_from("<I", blob, 8)[0]):
        found, version = struct.unpack_from("<II", blob, 16 + 48 * row)
        if found == attribute:
            return int(version)
    return 0


def in_parallel(work: list[Callable[[], object]]) -> list[Exception]:
    gate, errors = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        gate.wait()
        try:
            one()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_one_modify_with_a_stale_marker_leaves_password_and_lock_untouched(
    samba_people: People,
) -> None:
    people = samba_people
    people.write("clara", "info", b"new")
    service = people.domain.connect(SERVICE, SERVICE_PASSWORD)
    changes = [
        (ldap.MOD_REPLACE, "unicodePwd", [quoted(OTHER)]),
        (ldap.MOD_REPLACE, "lockoutTime", [b"0"]),
        (ldap.MOD_DELETE, "info", [b"old"]),
        (ldap.MOD_ADD, "info", [b"newer"]),
    ]
    with pytest.raises(ldap.NO_SUCH_ATTRIBUTE):
        service.modify_s(people.dn("clara"), changes)
    assert bind_verdict(people.refusal("clara", OTHER)) == "locked"
    people.write("clara", "lockoutTime", b"0")
    assert people.opens("clara", FIRST)
    assert people.read("clara", "info") == b"new"
    changes[2] = (ldap.MOD_DELETE, "info", [b"new"])
    service.modify_s(people.dn("clara"), changes)
    assert people.opens("clara", OTHER)


class OvertakenPool(LdapPool):
    """Lets another writer in between reading and the first Modify."""

    between: Callable[[], None] | None = None

    @contextmanager
    def session(self, *, fresh: bool = False) -> Iterator[LdapSession]:
        with super().session(fresh=fresh) as session:
            modify = session.modify

            def overtaken(*arguments: Any, **named: Any) -> None:
                if self.between is not None:
                    work, self.between = self.between, None
                    work()
                modify(*arguments, **named)

            session.modify = overtaken  # type: ignore[method-assign]
            yield session


@pytest.fixture
def overtaken(active_directory: ActiveDirectory) -> OvertakenPool:
    pool = OvertakenPool(active_directory.pool.server)
    active_directory.pool = pool
    return pool


@pytest.mark.parametrize("earlier", [None, b"Sala 12, ramal 4000"])
def test_reset_that_was_overtaken_by_the_same_marker_does_not_change_the_password_again(
    active_directory: ActiveDirectory,
    overtaken: OvertakenPool,
    samba_people: People,
    earlier: bytes | None,
) -> None:
    samba_people.write("ana", "info", earlier)
    rival = samba_people.directory()
    overtaken.between = lambda: rival.reset(
        uid="ana", password=OTHER, marker="job:1", must_change=False
    )
    active_directory.reset(
        uid="ana", password="Perdeu-A-Corrida-1", marker="job:1", must_change=False
    )
    assert overtaken.between is None
    assert samba_people.opens("ana", OTHER)
    assert times_changed(samba_people, "ana", UNICODE_PWD) == 2
    assert (samba_people.read("ana", "info") or b"").startswith(earlier or b"[atendimento")
    rival.pool.close()


class WithoutSwap(ActiveDirectory):
    """Writes the marker without comparing."""

    def _marking(self, ledger: Ledger, marker: str) -> list[Any]:
        return [(ldap.MOD_REPLACE, "info", [ledger.with_marker(marker).encode()])]


def test_without_the_comparison_an_overtaken_reset_changes_the_password_twice(
    active_directory: ActiveDirectory, overtaken: OvertakenPool, samba_people: People
) -> None:
    careless = WithoutSwap.from_config("rede", samba_people.config(), clock=FrozenClock())
    careless.pool = overtaken
    overtaken.between = lambda: active_directory.reset(
        uid="ana", password=OTHER, marker="job:1", must_change=False
    )
    careless.reset(uid="ana", password="Ganhou-Sem-Poder-1", marker="job:1", must_change=False)
    assert samba_people.opens("ana", "Ganhou-Sem-Poder-1")
    assert times_changed(samba_people, "ana", UNICODE_PWD) == 3


def test_reset_that_was_overtaken_by_a_note_of_a_person_keeps_the_note(
    active_directory: ActiveDirectory, overtaken: OvertakenPool, samba_people: People
) -> None:
    overtaken.between = lambda: samba_people.write("ana", "info", b"De ferias")
    active_directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert samba_people.opens("ana", OTHER)
    assert (samba_people.read("ana", "info") or b"").startswith(b"De ferias\r\n[atendimento ")
    assert active_directory.applied(uid="ana", marker="job:1")


def test_after_a_reset_with_must_change_a_log_in_is_told_773_and_the_lock_is_gone(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    active_directory.reset(uid="clara", password=OTHER, marker="job:1", must_change=True)
    assert "data 773" in samba_people.refusal("clara", OTHER)
    assert "data 52e" in samba_people.refusal("clara", FIRST)
    assert samba_people.read("clara", "pwdLastSet") == b"0"
    assert samba_people.read("clara", "lockoutTime") == b"0"
    assert active_directory.must_change("clara")
    assert active_directory.authenticate("clara", OTHER)
    account = active_directory.get("clara")
    assert account is not None
    assert not account.locked


def test_eight_racers_on_each_of_ten_accounts_change_each_password_once(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    for number in range(10):
        uid = f"corrida{number}"
        samba_people.add(uid, employeeID=f"{number:011}")
        before = times_changed(samba_people, uid, UNICODE_PWD)
        errors = in_parallel(
            [
                lambda uid=uid, racer=racer: active_directory.reset(  # type: ignore[misc]
                    uid=uid, password=f"Vence-So-Uma-{racer}", marker="job:1", must_change=False
                )
                for racer in range(8)
            ]
        )
        assert errors == []
        assert times_changed(samba_people, uid, UNICODE_PWD) == before + 1


def test_the_same_race_without_the_marker_changes_the_password_eight_times(
    samba_people: People,
) -> None:
    before = times_changed(samba_people, "ana", UNICODE_PWD)

    def change(racer: int) -> None:
        service = samba_people.domain.connect(SERVICE, SERVICE_PASSWORD)
        password = [quoted(f"Vencem-Todas-As-{racer}")]
        service.modify_s(samba_people.dn("ana"), [(ldap.MOD_REPLACE, "unicodePwd", password)])

    assert in_parallel([lambda racer=racer: change(racer) for racer in range(8)]) == []  # type: ignore[misc]
    assert times_changed(samba_people, "ana", UNICODE_PWD) == before + 8


def join(people: People, uid: str, group: str) -> None:
    people.admin.modify_s(group, [(ldap.MOD_ADD, "member", [people.dn(uid).encode()])])


def by_nested_group(people: People) -> None:
    join(people, "ana", NESTED_GROUP)


def by_built_in_group(people: People) -> None:
    join(people, "ana", "CN=Account Operators,CN=Builtin,DC=ad,DC=test")


def by_primary_group(people: People) -> None:
    join(people, "ana", "CN=Domain Admins,CN=Users,DC=ad,DC=test")
    people.write("ana", "primaryGroupID", b"512")


def by_admin_count(people: People) -> None:
    people.write("ana", "adminCount", b"1")


@pytest.mark.parametrize(
    "promote", [by_nested_group, by_built_in_group, by_primary_group, by_admin_count]
)
def test_privileged_account_is_seen_and_its_password_stays_even_when_a_reset_is_asked(
    active_directory: ActiveDirectory, samba_people: People, promote: Callable[[People], None]
) -> None:
    before = active_directory.get("ana")
    promote(samba_people)
    after = active_directory.get("ana")
    assert before is not None
    assert after is not None
    assert (before.privileged, after.privileged) == (False, True)
    for change in (
        lambda: active_directory.reset(uid="ana", password=OTHER, marker="m", must_change=False),
        lambda: active_directory.unlock(uid="ana", marker="m"),
    ):
        with pytest.raises(PortError, match="privileged") as caught:
            change()
        assert caught.value.permanent
    assert samba_people.opens("ana", FIRST)
    samba_people.admin.delete_s(samba_people.dn("ana"))


def test_configured_group_that_is_not_there_stops_everything(samba_people: People) -> None:
    gone = DENIED_GROUP.replace("Rede", "Lua")
    directory = samba_people.directory(privileged_groups=[gone])
    with pytest.raises(PortError, match="denied_group_missing"):
        directory.get("ana")
    with pytest.raises(PortError, match="denied_group_missing"):
        directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert samba_people.opens("ana", FIRST)
    directory.pool.close()


def test_policy_refusals_name_the_length_and_otherwise_the_policy(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    for password, reason in (("Curta-1", "too_short"), ("a" * 20, "policy"), ("\ud800", "policy")):
        with pytest.raises(PolicyRefusalError) as caught:
            active_directory.reset(uid="ana", password=password, marker="m", must_change=True)
        assert caught.value.reason == reason
    assert samba_people.opens("ana", FIRST)
    assert not active_directory.applied(uid="ana", marker="m")


def test_each_state_of_an_account_has_its_own_data_code(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    people = samba_people
    people.write("fabio", "accountExpires", b"132000000000000000")
    people.write("gemea1", "pwdLastSet", b"0")
    verdicts = {
        uid: active_directory.bind_as(uid, FIRST)
        for uid in ("ana", "clara", "davi", "fabio", "gemea1")
    }
    assert verdicts == {
        "ana": "ok",
        "clara": "locked",
        "davi": "disabled",
        "fabio": "account_expired",
        "gemea1": "must_change",
    }
    assert active_directory.bind_as("ana", "errada") == "wrong_password"
    account = active_directory.get("fabio")
    assert account is not None
    assert account.disabled


def test_expired_password_is_told_apart_from_a_wrong_one(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    assert not active_directory.must_change("ana")
    samba_people.age_password("ana")
    assert "data 532" in samba_people.refusal("ana", FIRST)
    assert active_directory.bind_as("ana", FIRST) == "password_expired"
    assert active_directory.bind_as("ana", "errada") == "wrong_password"
    assert active_directory.must_change("ana")


def test_only_the_right_password_of_an_open_account_is_let_in(
    active_directory: ActiveDirectory,
) -> None:
    assert isinstance(active_directory, Authenticator)
    assert isinstance(active_directory, TellsMustChange)
    assert active_directory.authenticate("ana", FIRST)
    for uid, password in (
        ("ana", "errada"),
        ("ana", ""),
        ("clara", FIRST),
        ("davi", FIRST),
        ("ninguem", FIRST),
        ("", FIRST),
        ("*", FIRST),
    ):
        assert not active_directory.authenticate(uid, password)
