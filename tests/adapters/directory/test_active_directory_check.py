"""What the service's account may do in a real domain (Samba), how it gets there, and what the
check of a directory says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ldap
import pytest
from fixtures_samba import EVERYBODY, FIRST, DomainWire, People, quoted
from samba_domain import (
    NESTED_GROUP,
    PEOPLE,
    POLICY,
    SERVICE,
    SERVICE_PASSWORD,
    WRITABLE,
)

from ivr.adapters.directory.active_directory import ActiveDirectory
from ivr.adapters.directory.active_directory_check import SAMPLE
from ivr.adapters.directory.findings import Checkable
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"


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
