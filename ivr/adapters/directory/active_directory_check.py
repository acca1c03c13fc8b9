"""Whether a domain is as the connector needs it. Nothing is changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.active_directory_config import ActiveDirectoryConfig
from ivr.adapters.directory.active_directory_domain import (
    PEOPLE_FILTER,
    POLICY_HINTS,
    Domain,
    person_filter,
    read_domain,
)
from ivr.adapters.directory.active_directory_entry import is_privileged, wanted_attributes
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_check import examine
from ivr.adapters.directory.ldap_connection import Entry, LdapSession
from ivr.ports.errors import PortError

PAGE = "veja docs/directories-active-directory.md"
SAMPLE = 25
"""How many accounts are looked at."""
Change = tuple[int, str, list[bytes]]
WRITTEN = ("pwdLastSet", "lockoutTime")
"""Attributes that a change writes, besides the password and the marker."""


def findings_of(config: ActiveDirectoryConfig) -> Iterator[Finding]:
    """Step by step; the first step that makes the rest useless ends it."""
    return examine(config.server(), lambda session: _all(config, session))


def _all(config: ActiveDirectoryConfig, session: LdapSession) -> Iterator[Finding]:
    yield from _policy(config, read_domain(session))
    yield from _groups(config, session)
    people = _sample(config, session)
    yield from _mapping(config, people)
    yield from _rights(config, session, [one for one in people if _is_ordinary(one)][:2])


def _policy(config: ActiveDirectoryConfig, domain: Domain) -> Iterator[Finding]:
    yield Finding(grade="ok", what=f"política: mínimo de {domain.min_length} caracteres")
    if not config.respect_history:
        yield Finding(
            grade="aviso",
            what="respect_history = false: uma senha já usada é aceita",
            mend="ponha respect_history = true se o domínio exige histórico",
        )
    elif POLICY_HINTS not in domain.controls:
        yield Finding(
            grade="aviso",
            what="o servidor não confere o histórico de senhas em uma redefinição",
            mend=f"é assim no Samba; no Windows, use o Server 2012 ou mais novo; {PAGE}",
        )


def _groups(config: ActiveDirectoryConfig, session: LdapSession) -> Iterator[Finding]:
    for number, group in enumerate(config.privileged_groups, start=1):
        if group.startswith("S-1-"):
            continue
        there = session.search(group, scope=ldap.SCOPE_BASE, attributes=["objectSid"])
        if there and there[0].values.get("objectsid"):
            yield Finding(grade="ok", what=f"privileged_groups, {number}º grupo: pode ser lido")
        else:
            yield Finding(
                grade="erro",
                what=f"privileged_groups, {number}º grupo: não existe ou não pode ser lido",
                mend="confira o nome, ou escreva o SID. Até lá ninguém é atendido",
            )


def _sample(config: ActiveDirectoryConfig, session: LdapSession) -> list[Entry]:
    """Some people, each read as a call reads them (``tokenGroups`` needs a base search)."""
    names = wanted_attributes(config)
    people: list[Entry] = []
    for dn in _some_names(config, session):
        people += session.search(dn, attributes=names, scope=ldap.SCOPE_BASE)
    return people


def _some_names(config: ActiveDirectoryConfig, session: LdapSession) -> list[str]:
    """Of some people, however many there are. Samba does not mind the limit, Windows does."""
    connection: Any = session.connection
    found: list[str] = []
    try:
        number = connection.search_ext(
            config.base, ldap.SCOPE_SUBTREE, person_filter(""), ["1.1"], sizelimit=SAMPLE
        )
        while len(found) < SAMPLE:
            _, rows, _, _ = connection.result3(number, all=0, timeout=config.read_s)
            if not rows:
                return found
            found += [dn for dn, _ in rows if dn]
        connection.abandon(number)
        return found[:SAMPLE]
    except (ldap.SIZELIMIT_EXCEEDED, ldap.NO_SUCH_OBJECT):
        return found
    except ldap.LDAPError as error:
        raise PortError(f"ldap_{type(error).__name__.lower()}") from None


def _mapping(config: ActiveDirectoryConfig, people: list[Entry]) -> Iterator[Finding]:
    if not people:
        yield Finding(
            grade="erro",
            what="nenhuma conta foi encontrada",
            mend=f"confira base, e se a conta de serviço pode ler nela {PEOPLE_FILTER}",
        )
        return
    needed = {"uid", "cpf", "tokenGroups", "msDS-User-Account-Control-Computed"}
    names = {name: value for name, value in config.attributes.model_dump().items() if value}
    constructed = {name: name for name in needed - names.keys()}
    for key, attribute in {**names, **constructed}.items():
        count = sum(bool(person.values.get(attribute.lower())) for person in people)
        title = f"{key} = {attribute}" if key != attribute else key
        if count:
            yield Finding(grade="ok", what=f"{title}: em {count} de {len(people)} contas")
            continue
        yield Finding(
            grade="erro" if key in needed else "aviso",
            what=f"{title}: em nenhuma de {len(people)} contas",
            mend=f"confira attributes.{key}, ou o direito de leitura da conta de serviço; {PAGE}",
        )


def _is_ordinary(person: Entry) -> bool:
    """Whether delegated rights reach the account: those of administrators are not inherited."""
    try:
        return not is_privileged(person, denied=())
    except PortError:
        return False


def _rights(
    config: ActiveDirectoryConfig, session: LdapSession, people: list[Entry]
) -> Iterator[Finding]:
    """Tried on two people, since one may be the service account, which has rights over itself."""
    nobody = [secrets.token_hex(16).encode()]
    impossible = (ldap.MOD_DELETE, config.marker_attribute, nobody)
    for what, change in _needed_changes(config).items():
        answers = {_answer(session, one.dn, [impossible, change]) for one in people}
        if not answers - {""}:
            if people:
                yield Finding(grade="ok", what=f"direito: {what}")
            continue
        yield Finding(
            grade="erro",
            what=f"direito: {what}: {max(answers)}",
            mend=f"delegue-o à conta de serviço na base; {PAGE}",
        )


def _needed_changes(config: ActiveDirectoryConfig) -> dict[str, Change]:
    password = f'"{secrets.token_urlsafe(24)}-aA1"'.encode("utf-16-le")
    return {
        "Redefinir senha (Reset Password)": (ldap.MOD_REPLACE, "unicodePwd", [password]),
        **{f"gravar {name}": (ldap.MOD_REPLACE, name, [b"0"]) for name in WRITTEN},
        f"gravar {config.marker_attribute}": (ldap.MOD_ADD, config.marker_attribute, [b"-"]),
    }


def _answer(session: LdapSession, dn: str, changes: list[Change]) -> str:
    """Empty when the change is allowed and impossible. It takes away a marker that nobody has, so
    that a domain answers 16 to whoever may make it and 50 to others, and makes none of it."""
    try:
        session.modify(dn, changes)
    except ldap.NO_SUCH_ATTRIBUTE:
        return ""
    except ldap.INSUFFICIENT_ACCESS:
        return "falta"
    except ldap.LDAPError as error:
        return type(error).__name__.lower()
    return "a mudança de prova foi aceita"
