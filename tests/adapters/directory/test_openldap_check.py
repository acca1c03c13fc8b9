"""What ``flask directory check`` finds on a real slapd; it changes nothing."""

from __future__ import annotations

from typing import Any

import ldap
import pytest
from fixtures_slapd import DECOY, FIRST, STRICT_POLICY, SUFFIX, Branch, FrozenClock
from tcp_wire import TcpWire

from ivr.adapters.directory import openldap_check
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.openldap import OpenLdapDirectory


@pytest.fixture
def branch(slapd_branch: Branch) -> Branch:
    changed = {"demoMatricula": "100013", "demoCelularEm": "20260301120000Z"}
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", **changed)
    OpenLdapDirectory.from_config("mail", slapd_branch.config(), clock=FrozenClock()).reset(
        uid="ana", password="Capivara-Azul-Voa-77", marker="job:1", must_change=False
    )
    return slapd_branch


def check(config: dict[str, object]) -> list[Finding]:
    return list(OpenLdapDirectory.from_config("mail", config, clock=FrozenClock()).check())


def texts(found: list[Finding], grade: str) -> list[str]:
    return [one.what for one in found if one.grade == grade]


@pytest.mark.parametrize("noted", [False, True])
def test_well_made_directory_is_found_good_and_nothing_is_changed(
    branch: Branch, noted: bool
) -> None:
    before = branch.versions()
    found = check(branch.noted_config() if noted else branch.config())
    assert texts(found, "erro") == []
    assert texts(found, "aviso") == []
    good = texts(found, "ok")
    assert "asserção: uma mudança vencida é recusada" in good
    assert "decoy_dn: existe" in good
    assert ("notes_base: a conta de serviço pode anotar" in good) is noted
    assert branch.versions() == before
    assert branch.root.search_s(branch.notes, ldap.SCOPE_ONELEVEL) == []


@pytest.mark.parametrize(
    ("changes", "grade", "what"),
    [
        ({"marker_attribute": "naoExiste"}, "erro", "o servidor não conhece naoExiste"),
        ({"decoy_dn": ""}, "aviso", "decoy_dn está vazio"),
        ({"decoy_dn": f"cn=nada,{SUFFIX}"}, "erro", "decoy_dn não existe"),
        ({"policy_dn": STRICT_POLICY}, "aviso", "pwdMaxFailure = 3: /meu-acesso para"),
        ({"policy_dn": ""}, "aviso", "policy_dn está vazio"),
        ({"lockout_seconds": 60}, "erro", "pwdLockoutDuration é 0 e lockout_seconds é 60"),
        ({"base": f"ou=lua,{SUFFIX}"}, "erro", "base não existe"),
        ({"account_filter": "(uid=ninguem)"}, "erro", "nenhuma conta foi encontrada"),
        ({"attributes": {"cpf": "roomNumber"}}, "erro", "cpf = roomNumber: em nenhuma"),
        ({"privileged_groups": [f"cn=lua,{SUFFIX}"]}, "erro", "privileged_groups, 1º grupo"),
        ({"bind_dn": DECOY}, "erro", "a conta de serviço foi recusada"),
        ({"url": "ldaps://127.0.0.1:1"}, "erro", "o servidor não responde"),
    ],
)
def test_check_names_what_is_wrong_and_how_to_mend_it(
    branch: Branch, changes: dict[str, object], grade: str, what: str
) -> None:
    found = check(branch.config(**changes))
    assert any(what in text for text in texts(found, grade)), found
    assert all(one.mend for one in found if one.grade != "ok")


@pytest.mark.parametrize(
    ("base", "what"),
    [
        (f"ou=lua,{SUFFIX}", "notes_base não existe"),
        (f"ou=servicos,{SUFFIX}", "a conta de serviço não pode anotar (insufficient_access)"),
    ],
)
def test_branch_for_notes_that_is_missing_or_closed_is_said(
    branch: Branch, base: str, what: str
) -> None:
    found = check(branch.config(marker_attribute="", notes_base=base))
    assert any(what in text for text in texts(found, "erro")), found


@pytest.mark.parametrize("hidden", ["entrycsn", "modifiersname"])
def test_account_that_does_not_tell_what_became_of_a_change_is_said(
    branch: Branch, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    real = openldap_check._sample

    def sampled(*arguments: Any) -> Any:
        people = real(*arguments)
        for person in people:
            person.values.pop(hidden)
        return people

    monkeypatch.setattr(openldap_check, "_sample", sampled)
    wrong = texts(check(branch.noted_config()), "erro")
    assert [text.lower().split()[1] for text in wrong] == [hidden]


@pytest.mark.parametrize("readable", ["userPassword", "pwdHistory"])
def test_hashes_of_passwords_that_the_service_could_read_are_said(
    branch: Branch, monkeypatch: pytest.MonkeyPatch, readable: str
) -> None:
    monkeypatch.setattr(
        "ivr.adapters.directory.ldap_check.open_connection", lambda server: branch.server.as_root()
    )
    wrong = texts(check(branch.config()), "erro")
    assert f"a conta de serviço consegue ler senhas ({readable})" in wrong


def test_server_that_dies_in_the_middle_of_the_check_ends_it_with_a_finding(
    branch: Branch,
) -> None:
    wire = TcpWire(branch.server.port)
    config = branch.config(url=f"ldaps://127.0.0.1:{wire.port}")
    directory = OpenLdapDirectory.from_config("mail", config, clock=FrozenClock())
    found = []
    for one in directory.check():
        found.append(one)
        if one.what == "a conta de serviço foi aceita":
            wire.close()
    assert [(one.grade, one.what) for one in found[2:]] == [("erro", "o servidor não responde")]


def test_configuration_must_name_one_way_of_making_a_change_once(branch: Branch) -> None:
    for wrong in ({"marker_attribute": ""}, {"notes_base": branch.notes}):
        with pytest.raises(ValueError, match="marker_attribute or notes_base"):
            check(branch.config(**wrong))
