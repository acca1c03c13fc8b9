"""The Active Directory connector on a real domain (Samba)."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ldap
import pytest
from fixtures_samba import EVERYBODY, FIRST, DomainWire, FrozenClock, People, quoted
from samba_domain import (
    DENIED_GROUP,
    NESTED_GROUP,
    PEOPLE,
    POLICY,
    SERVICE,
    SERVICE_PASSWORD,
    WRITABLE,
)

from ivr.adapters.directory.active_directory import ActiveDirectory
from ivr.adapters.directory.active_directory_check import SAMPLE
from ivr.adapters.directory.active_directory_codes import bind_verdict
from ivr.adapters.directory.active_directory_ledger import Ledger
from ivr.adapters.directory.findings import Checkable
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


FORBIDDEN_ATTRIBUTES = [
    "userAccountControl",
    "accountExpires",
    "primaryGroupID",
    "adminCount",
    "sAMAccountName",
    "userPrincipalName",
    "servicePrincipalName",
    "mail",
    "mobile",
    "employeeID",
    "displayName",
    "comment",
    "scriptPath",
    "logonHours",
]


def test_service_account_may_do_what_it_needs_and_nothing_else(samba_people: People) -> None:
    people = samba_people
    service = people.domain.connect(SERVICE, SERVICE_PASSWORD)
    me = f"CN={SERVICE.partition('@')[0]},CN=Users,DC=ad,DC=test"
    person = [("objectClass", [b"user"]), ("sAMAccountName", [b"novo"])]
    password = [(ldap.MOD_REPLACE, "unicodePwd", [quoted(OTHER)])]
    policy = [(ldap.MOD_REPLACE, "minPwdLength", [b"1"])]
    joining = [(ldap.MOD_ADD, "member", [me.encode()])]
    tries: list[Callable[[], object]] = [
        lambda: service.add_s(people.dn("novo"), person),
        lambda: service.delete_s(people.dn("ana")),
        lambda: service.rename_s(people.dn("ana"), "CN=anna"),
        lambda: service.modify_s("CN=Administrator,CN=Users,DC=ad,DC=test", password),
        lambda: service.modify_s("DC=ad,DC=test", policy),
        lambda: service.modify_s(NESTED_GROUP, joining),
        lambda: service.modify_s("CN=Domain Admins,CN=Users,DC=ad,DC=test", joining),
    ]
    for name in FORBIDDEN_ATTRIBUTES:
        change = [(ldap.MOD_REPLACE, name, [b"1"])]
        tries.append(lambda change=change: service.modify_s(people.dn("ana"), change))  # type: ignore[misc]
    allowed = []
    for number, attempt in enumerate(tries):
        try:
            attempt()
        except ldap.INSUFFICIENT_ACCESS:
            continue
        allowed.append(number)
    assert allowed == []
    for name in WRITABLE:
        service.modify_s(people.dn("ana"), [(ldap.MOD_REPLACE, name, [b"0"])])
    service.modify_s(people.dn("ana"), password)


def test_wrong_authority_and_wrong_name_are_refused_before_the_password_is_sent(
    samba_people: People,
) -> None:
    domain = samba_people.domain
    wire = DomainWire(domain.address)
    wrong_ca = {"ca_file": str(domain.other_ca_file), "url": f"ldaps://127.0.0.1:{wire.port}"}
    wrong_name = {"url": f"ldaps://localhost:{wire.port}"}
    for changes in (wrong_ca, wrong_name):
        directory = samba_people.directory(**changes)
        with pytest.raises(PortError) as caught:
            directory.get("ana")
        assert caught.value.reason in ("certificate_refused", "tls_refused", "directory_down")
        assert not caught.value.unknown_outcome
    assert wire.sent
    assert SERVICE_PASSWORD.encode() not in wire.sent
    good = samba_people.directory(url=f"ldaps://127.0.0.1:{wire.port}")
    assert good.get("ana") is not None
    good.pool.close()
    wire.close()


def test_plain_port_is_refused_by_the_server_and_never_tried_by_the_connector(
    samba_people: People,
) -> None:
    domain = samba_people.domain
    wire = DomainWire(domain.address, port=389)
    plain = ldap.initialize(f"ldap://127.0.0.1:{wire.port}")
    with pytest.raises(ldap.STRONG_AUTH_REQUIRED):
        plain.simple_bind_s(SERVICE, SERVICE_PASSWORD)
    assert SERVICE_PASSWORD.encode() in wire.sent, "the wire sees what a plain bind sends"
    wire.sent.clear()
    with pytest.raises(ValueError, match="url"):
        samba_people.directory(url=f"ldap://127.0.0.1:{wire.port}")
    directory = samba_people.directory(url=f"ldaps://127.0.0.1:{wire.port}")
    with pytest.raises(PortError):
        directory.get("ana")
    assert SERVICE_PASSWORD.encode() not in wire.sent
    wire.close()


def test_connection_that_was_closed_while_idle_does_not_disturb_a_reset(
    samba_people: People,
) -> None:
    wire = DomainWire(samba_people.domain.address)
    directory = samba_people.directory(url=f"ldaps://127.0.0.1:{wire.port}")
    assert directory.get("ana") is not None
    wire.cut_connections()
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert samba_people.opens("ana", OTHER)
    directory.pool.close()
    wire.close()


def test_wrong_service_password_is_said_without_the_password(
    samba_people: People, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("Senha-Errada-Do-Servico-9\n")
    directory = samba_people.directory(password_file=str(tmp_path / "password"))
    with pytest.raises(PortError) as caught:
        directory.get("ana")
    assert "Errada" not in repr(caught.value)
    assert not caught.value.permanent


def test_domain_itself_tells_when_the_mobile_was_changed(samba_people: People) -> None:
    attributes = {"mobile_changed_at": "replPropertyMetaData"}
    directory = samba_people.directory(attributes=attributes)
    samba_people.write("ana", "mobile", b"67 99999-0009")
    account = directory.get("ana")
    assert account is not None
    assert account.mobile == "+5567999990009"
    assert account.mobile_changed_at is not None
    assert abs(datetime.now(UTC) - account.mobile_changed_at) < timedelta(minutes=1)
    without = directory.get("fabio")
    assert without is not None
    assert without.mobile_changed_at is None
    directory.pool.close()


def test_check_finds_a_well_made_directory_good_and_changes_nothing(
    active_directory: ActiveDirectory, samba_people: People
) -> None:
    before = {uid: samba_people.version(uid) for uid in EVERYBODY}
    found = list(active_directory.check())
    assert isinstance(active_directory, Checkable)
    assert [one for one in found if one.grade == "erro"] == []
    assert [one.what for one in found if one.grade == "aviso"] == [
        "o servidor não confere o histórico de senhas em uma redefinição"
    ]
    assert sum(one.what.startswith("direito: ") for one in found) == 4
    assert before == {uid: samba_people.version(uid) for uid in EVERYBODY}
    assert samba_people.opens("ana", FIRST)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"attributes": {"cpf": "pager"}}, "cpf = pager: em nenhuma"),
        ({"marker_attribute": "description"}, "direito: gravar description: falta"),
        ({"base": "OU=Lua,DC=ad,DC=test"}, "nenhuma conta foi encontrada"),
        ({"privileged_groups": ["CN=Lua,DC=ad,DC=test"]}, "privileged_groups, 1º grupo"),
        ({"bind_dn": "ninguem@ad.test"}, "a conta de serviço foi recusada"),
    ],
)
def test_check_names_what_is_wrong(
    samba_people: People, changes: dict[str, object], what: str
) -> None:
    found = list(samba_people.directory(**changes).check())
    wrong = [one for one in found if one.grade == "erro"]
    assert any(what in one.what for one in wrong), found
    assert all(one.mend for one in wrong)


def test_check_of_a_domain_with_many_people_looks_at_some_of_them(samba_people: People) -> None:
    for number in range(SAMPLE):
        samba_people.add(f"muitos{number}", employeeID=f"{number:011}")
    found = list(samba_people.directory().check())
    assert [one for one in found if one.grade == "erro"] == []
    assert f"cpf = employeeID: em {SAMPLE} de {SAMPLE} contas" in [one.what for one in found]


def test_check_tells_a_service_account_that_nothing_was_delegated_to(
    samba_people: People, tmp_path: Path
) -> None:
    samba_people.add("semdireito", employeeID="99999999999")
    (tmp_path / "password").write_text(FIRST)
    directory = samba_people.directory(
        bind_dn="semdireito@ad.test", password_file=str(tmp_path / "password")
    )
    wrong = [one.what for one in directory.check() if one.grade == "erro"]
    assert wrong == [
        "direito: Redefinir senha (Reset Password): falta",
        "direito: gravar pwdLastSet: falta",
        "direito: gravar lockoutTime: falta",
        "direito: gravar info: falta",
    ]


def test_policy_of_the_fixture_is_the_one_that_the_domain_has(samba_people: People) -> None:
    rows = samba_people.admin.search_s("DC=ad,DC=test", ldap.SCOPE_BASE, attrlist=["minPwdLength"])
    assert rows[0][1]["minPwdLength"] == [POLICY["--min-pwd-length"].encode()]
    assert samba_people.dn("ana").endswith(PEOPLE)
