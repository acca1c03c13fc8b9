"""The OpenLDAP connector against a real slapd, beyond what the contract asks of every connector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ldap
import pytest
from fixtures_slapd import (
    FIRST,
    NOW,
    STRICT_POLICY,
    SUFFIX,
    Branch,
    FrozenClock,
)
from hypothesis import given
from hypothesis import strategies as st
from tcp_wire import TcpWire

from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.adapters.directory.openldap_account import (
    ADMINISTRATIVE_LOCK,
    e164,
    generalized_time,
    is_locked,
)
from ivr.ports.directory import PolicyRefusalError
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"


def build(branch: Branch, **changes: object) -> OpenLdapDirectory:
    return OpenLdapDirectory.from_config("mail", branch.config(**changes), clock=FrozenClock())


@pytest.fixture
def directory(slapd_branch: Branch) -> Iterator[OpenLdapDirectory]:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", demoMatricula="100013")
    built = build(slapd_branch)
    yield built
    built.pool.close()


def reset(directory: OpenLdapDirectory, password: str, marker: str, must_change: bool) -> None:
    directory.reset(uid="ana", password=password, marker=marker, must_change=must_change)


def test_reset_sets_must_change_hashes_and_keeps_no_plain_password(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:1", True)
    assert slapd_branch.values("ana", "pwdReset") == [b"TRUE"]
    assert directory.must_change("ana")
    stored = slapd_branch.values("ana", "userPassword")
    assert len(stored) == 1
    assert stored[0].startswith(b"{ARGON2}$argon2")


def test_person_under_must_change_may_do_nothing_but_change_the_password(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:1", True)
    own = slapd_branch.server.connect(slapd_branch.dn_of("ana"), OTHER)
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        own.search_s(slapd_branch.dn, ldap.SCOPE_SUBTREE)
    own.modify_s(
        slapd_branch.dn_of("ana"), [(ldap.MOD_REPLACE, "userPassword", [b"Da-Propria-Ana-99"])]
    )
    assert not directory.must_change("ana")


def test_reset_that_asks_for_no_change_clears_an_older_must_change(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:1", True)
    reset(directory, "Outra-Capivara-Verde-8", "job:2", False)
    assert slapd_branch.values("ana", "pwdReset") == []


def test_three_wrong_passwords_lock_and_a_reset_unlocks_and_forgets_the_failures(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.root.modify_s(
        slapd_branch.dn_of("ana"),
        [(ldap.MOD_REPLACE, "pwdPolicySubentry", [STRICT_POLICY.encode()])],
    )
    for _ in range(3):
        assert not slapd_branch.opens("ana", "errada-errada")
    account = directory.get("ana")
    assert account is not None
    assert account.locked
    assert not slapd_branch.opens("ana", FIRST)
    directory.unlock(uid="ana", marker="job:1")
    assert slapd_branch.values("ana", "pwdFailureTime") == []
    assert slapd_branch.opens("ana", FIRST)
    for _ in range(3):
        assert not slapd_branch.opens("ana", "errada-errada")
    reset(directory, OTHER, "job:2", True)
    assert slapd_branch.opens("ana", OTHER)


def test_unlock_of_an_account_that_is_open_is_fine(directory: OpenLdapDirectory) -> None:
    directory.unlock(uid="ana", marker="job:1")
    assert directory.applied(uid="ana", marker="job:1")


def test_lock_made_by_an_administrator_is_no_lock_for_a_call_to_lift(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.root.modify_s(
        slapd_branch.dn_of("ana"),
        [(ldap.MOD_REPLACE, "pwdAccountLockedTime", [ADMINISTRATIVE_LOCK.encode()])],
    )
    account = directory.get("ana")
    assert account is not None
    assert account.disabled
    for change in (
        lambda: reset(directory, OTHER, "job:1", True),
        lambda: directory.unlock(uid="ana", marker="job:1"),
    ):
        with pytest.raises(PortError, match="administrative_lock") as caught:
            change()
        assert caught.value.permanent
    assert not slapd_branch.opens("ana", OTHER)
    assert slapd_branch.values("ana", "pwdAccountLockedTime") == [ADMINISTRATIVE_LOCK.encode()]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("curta", "too_short"),
        ("", "too_short"),
        (FIRST, "in_history"),
        ("x" * 101, "too_long"),
        ("{SSHA}dGhpcyBpcyBubyBoYXNo", "quality"),
        ("{CLEARTEXT}Capivara-Azul-1", "quality"),
        ("{}Capivara-Azul-Voa-77", "quality"),
    ],
)
def test_each_refusal_of_the_policy_has_its_own_reason(
    directory: OpenLdapDirectory, slapd_branch: Branch, password: str, reason: str
) -> None:
    before = slapd_branch.versions()
    with pytest.raises(PolicyRefusalError) as caught:
        reset(directory, password, "job:1", True)
    assert caught.value.reason == reason
    assert slapd_branch.versions() == before


def test_other_values_of_the_marker_attribute_are_left_alone(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.root.modify_s(
        slapd_branch.dn_of("ana"), [(ldap.MOD_ADD, "employeeType", [b"efetivo"])]
    )
    reset(directory, OTHER, "job:1", False)
    directory.unlock(uid="ana", marker="job:2")
    values = slapd_branch.values("ana", "employeeType")
    assert b"efetivo" in values
    assert len(values) == 2


def test_the_markers_kept_are_bounded_and_the_newest_stay(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    few = build(slapd_branch, markers_kept=3)
    for n in range(5):
        few.unlock(uid="ana", marker=f"job:{n}")
    assert [few.applied(uid="ana", marker=f"job:{n}") for n in range(5)] == [False] * 2 + [True] * 3


def test_marker_itself_is_not_written_in_the_directory(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    reset(directory, OTHER, "job:of-the-call-CA123", False)
    assert b"CA123" not in b"".join(slapd_branch.values("ana", "employeeType"))


def test_eight_racers_write_once_and_the_password_is_hashed_once(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.root.modify_s(
        slapd_branch.dn_of("ana"), [(ldap.MOD_ADD, "employeeType", [b"efetivo"])]
    )
    gate = threading.Barrier(8)
    errors: list[Exception] = []

    def run() -> None:
        gate.wait()
        try:
            reset(directory, OTHER, "job:same", True)
        except PortError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(slapd_branch.values("ana", "pwdHistory")) == 1
    assert len(slapd_branch.values("ana", "employeeType")) == 2


def test_two_writers_of_first_markers_do_not_leave_two_marker_values(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    threads = [
        threading.Thread(target=directory.unlock, kwargs={"uid": "ana", "marker": f"job:{n}"})
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slapd_branch.values("ana", "employeeType")) == 1
    assert all(directory.applied(uid="ana", marker=f"job:{n}") for n in range(6))


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "ana)(uid=*",
        "*)(objectClass=*",
        "ana)(|(uid=*",
        "\\2a",
        "an\\61",
        "ana*",
        "\x00",
        "ana\x00",
        "(|(uid=*))",
        "&",
        "|",
        "!",
    ],
)
def test_injected_filter_finds_nobody(directory: OpenLdapDirectory, text: str) -> None:
    assert directory.get("ana") is not None
    assert directory.get(text) is None
    assert directory.find(kind="cpf", number=text) is None
    assert directory.find(kind="matricula", number=text) is None
    assert not directory.applied(uid=text, marker="m")
    with pytest.raises(PortError, match="no_account"):
        directory.reset(uid=text, password=OTHER, marker="m", must_change=False)


def test_cpf_written_with_dots_is_found_by_its_digits(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.add("davi", FIRST, demoCpf="222.333.444-05")
    account = directory.find(kind="cpf", number="22233344405")
    assert account is not None
    assert account.person_key == "22233344405"


def test_account_without_cpf_is_refused_and_not_tied_to_nobody(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    slapd_branch.add("sem", FIRST, demoMatricula="777")
    with pytest.raises(PortError, match="account_without_cpf"):
        directory.find(kind="matricula", number="777")


def test_group_of_privileged_accounts_that_cannot_be_read_lets_nobody_through(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    broken = build(slapd_branch, privileged_groups=[f"cn=nada,ou=grupos,{SUFFIX}"])
    with pytest.raises(PortError, match="privileged_group_missing"):
        broken.get("ana")


def test_privileged_filter_marks_an_account(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    marked = build(slapd_branch, privileged_filter="(demoMatricula=100013)", privileged_groups=[])
    account = marked.get("ana")
    assert account is not None
    assert account.privileged
    plain = directory.get("ana")
    assert plain is not None
    assert not plain.privileged


def test_read_on_a_connection_that_the_server_closed_is_done_on_another(
    slapd_branch: Branch, directory: OpenLdapDirectory
) -> None:
    wire = TcpWire(slapd_branch.server.port)
    over = build(slapd_branch, url=f"ldaps://127.0.0.1:{wire.port}")
    assert over.get("ana") is not None
    wire.cut_connections()
    assert over.get("ana") is not None
    wire.cut_connections()
    over.unlock(uid="ana", marker="job:1")
    wire.close()


@given(st.text(max_size=30))
def test_any_text_as_a_mobile_or_a_time_is_read_or_left(text: str) -> None:
    number = e164(text)
    assert number is None or (number[0] == "+" and number[1:].isdigit() and len(number) <= 16)
    time = generalized_time(text)
    assert time is None or time.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+55 67 99999-0001", "+5567999990001"),
        ("(67) 99999-0001", "+5567999990001"),
        ("067 99999-0001", "+5567999990001"),
        ("6733183600", "+556733183600"),
        ("99999-0001", None),
        ("", None),
        ("+0012345678", None),
    ],
)
def test_mobile_is_read_as_e164(written: str, read: str | None) -> None:
    assert e164(written) == read


def test_lock_with_a_duration_ends_by_itself() -> None:
    locked = "20260302115500Z"
    assert is_locked(locked, now=NOW, lockout_seconds=0)
    assert is_locked(locked, now=NOW, lockout_seconds=301)
    assert not is_locked(locked, now=NOW + timedelta(minutes=5), lockout_seconds=301)
    assert not is_locked(None, now=NOW, lockout_seconds=0)
    assert generalized_time("20260302115500.123Z") == datetime(2026, 3, 2, 11, 55, tzinfo=UTC)
