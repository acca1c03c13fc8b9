"""What the service's own account may do on a real slapd, and what it may not."""

from __future__ import annotations

from collections.abc import Iterator

import ldap
import pytest
from fixtures_slapd import (
    DECOY,
    FIRST,
    PRIVILEGED_GROUP,
    SERVICE,
    SERVICE_PASSWORD,
    SUFFIX,
    Branch,
    FrozenClock,
)

from ivr.adapters.directory.openldap import OpenLdapDirectory

OTHER = "Capivara-Azul-Voa-77"


@pytest.fixture
def directory(slapd_branch: Branch) -> Iterator[OpenLdapDirectory]:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", demoMatricula="100013")
    built = OpenLdapDirectory.from_config("mail", slapd_branch.config(), clock=FrozenClock())
    yield built
    built.pool.close()


def forbidden(branch: Branch) -> dict[str, tuple[str, list[tuple[int, str, list[bytes] | None]]]]:
    policy, ana = f"cn=default,ou=policies,{SUFFIX}", branch.dn_of("ana")
    return {
        "shorter passwords": (policy, [(ldap.MOD_REPLACE, "pwdMinLength", [b"1"])]),
        "no history": (policy, [(ldap.MOD_REPLACE, "pwdInHistory", [b"0"])]),
        "no lock": (policy, [(ldap.MOD_REPLACE, "pwdLockout", [b"FALSE"])]),
        "no quality": (policy, [(ldap.MOD_REPLACE, "pwdCheckQuality", [b"0"])]),
        "another policy": (ana, [(ldap.MOD_REPLACE, "pwdPolicySubentry", [policy.encode()])]),
        "the CPF": (ana, [(ldap.MOD_REPLACE, "demoCpf", [b"1"])]),
        "the mobile": (ana, [(ldap.MOD_REPLACE, "mobile", [b"+5567999999999"])]),
        "the date of the mobile": (ana, [(ldap.MOD_DELETE, "demoCelularEm", None)]),
        "the mail": (ana, [(ldap.MOD_REPLACE, "mail", [b"x@y"])]),
        "the name": (ana, [(ldap.MOD_REPLACE, "cn", [b"x"])]),
        "the state": (ana, [(ldap.MOD_REPLACE, "demoSituacao", [b"ativo"])]),
        "the classes": (ana, [(ldap.MOD_ADD, "objectClass", [b"account"])]),
        "a privileged group": (PRIVILEGED_GROUP, [(ldap.MOD_ADD, "member", [ana.encode()])]),
        "the top": (SUFFIX, [(ldap.MOD_REPLACE, "o", [b"x"])]),
        "the groups' branch": (f"ou=grupos,{SUFFIX}", [(ldap.MOD_ADD, "description", [b"x"])]),
        "the decoy": (DECOY, [(ldap.MOD_REPLACE, "description", [b"x"])]),
        "its own entry": (SERVICE, [(ldap.MOD_REPLACE, "cn", [b"x"])]),
    }


def test_service_account_may_change_nothing_but_password_lock_and_marker(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    service = slapd_branch.server.connect(SERVICE, SERVICE_PASSWORD)
    allowed: list[str] = []
    unit = [("objectClass", [b"organizationalUnit"])]
    for what, (dn, changes) in forbidden(slapd_branch).items():
        try:
            service.modify_s(dn, changes)
        except ldap.INSUFFICIENT_ACCESS:
            continue
        allowed.append(what)
    for what, act in {
        "delete": lambda: service.delete_s(slapd_branch.dn_of("ana")),
        "add": lambda: service.add_s(f"ou=x,{slapd_branch.dn}", unit),
        "rename": lambda: service.rename_s(slapd_branch.dn_of("ana"), "uid=eva"),
        "move": lambda: service.rename_s(slapd_branch.dn_of("ana"), "uid=ana", SUFFIX),
    }.items():  # fmt: skip
        try:
            act()
        except ldap.INSUFFICIENT_ACCESS:
            continue
        allowed.append(what)
    assert allowed == []
    service.modify_s(slapd_branch.dn_of("ana"), [(ldap.MOD_REPLACE, "pwdReset", [b"TRUE"])])


def test_service_account_cannot_read_nor_compare_a_password(
    directory: OpenLdapDirectory, slapd_branch: Branch
) -> None:
    service = slapd_branch.server.connect(SERVICE, SERVICE_PASSWORD)
    rows = service.search_s(
        slapd_branch.dn_of("ana"), ldap.SCOPE_BASE, attrlist=["*", "+", "userPassword"]
    )
    assert "cn" in rows[0][1]
    assert "userPassword" not in rows[0][1]
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert slapd_branch.values("ana", "pwdHistory") != []
    rows = service.search_s(slapd_branch.dn_of("ana"), ldap.SCOPE_BASE, attrlist=["pwdHistory"])
    assert rows[0][1] == {}, "hashes of old passwords"
    assert service.search_s(slapd_branch.dn, ldap.SCOPE_SUBTREE, "(userPassword=*)") == []
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        service.compare_s(slapd_branch.dn_of("ana"), "userPassword", FIRST.encode())
