"""Whether an OpenLDAP directory is as the connector needs it. Everything here only reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ldap  # type: ignore[import-untyped]
from ldap.controls.libldap import AssertionControl  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]

from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_check import examine
from ivr.adapters.directory.ldap_connection import Entry, LdapServer, LdapSession
from ivr.adapters.directory.openldap_account import only_digits
from ivr.adapters.directory.openldap_check_changes import (
    ACL_PAGE,
    findings_of_changes,
    findings_of_login,
)
from ivr.adapters.directory.openldap_config import OpenLdapConfig
from ivr.ports.errors import PortError

SAMPLE = 25
"""How many accounts are looked at."""
HASHES = ("userPassword", "pwdHistory")
"""Attributes with hashes of passwords, which the service's account must not read."""


def findings_of(config: OpenLdapConfig) -> Iterator[Finding]:
    """Step by step; the first step that makes the rest useless ends it."""
    server = config.server()
    return examine(server, lambda session: _all(config, server, session))


def _all(config: OpenLdapConfig, server: LdapServer, session: LdapSession) -> Iterator[Finding]:
    yield from _controls(session)
    if not session.search(config.base, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
        yield Finding(
            grade="erro",
            what="base não existe ou não pode ser lida",
            mend=f"confira base; se existe, {ACL_PAGE}",
        )
        return
    people = _sample(config, server, session)
    if not people:
        yield Finding(
            grade="erro",
            what="nenhuma conta foi encontrada",
            mend=f"confira base e account_filter; se estão certos, {ACL_PAGE}",
        )
        return
    yield from _mapping(config, people)
    yield from _secrets(people)
    yield from findings_of_changes(config, session, people)
    yield from _policy(config, session)
    yield from findings_of_login(config, session)
    yield from _groups(config, session)


def _controls(session: LdapSession) -> Iterator[Finding]:
    root = session.search("", scope=ldap.SCOPE_BASE, attributes=["supportedControl"])
    offered = root[0].all("supportedControl") if root else []
    wanted = {
        AssertionControl.controlType: "asserção (RFC 4528)",
        PasswordPolicyControl.controlType: "política de senhas (moduleload ppolicy)",
    }
    for oid, name in wanted.items():
        if oid not in offered:
            yield Finding(
                grade="erro",
                what=f"o servidor não oferece o controle de {name}",
                mend="carregue o módulo no servidor; é preciso OpenLDAP 2.5 ou mais novo",
            )


def _sample(config: OpenLdapConfig, server: LdapServer, session: LdapSession) -> list[Entry]:
    """Some accounts, however many there are."""
    names = [*config.read_attributes(), *HASHES]
    rows: list[Entry] = []
    connection: Any = session.connection
    try:
        number = connection.search_ext(
            config.base, ldap.SCOPE_SUBTREE, config.account_filter, names, sizelimit=SAMPLE
        )
        while True:
            _, found, _, _ = connection.result3(number, all=0, timeout=server.read_s)
            if not found:
                break
            rows += [
                Entry(dn=dn, values={key.lower(): value for key, value in values.items()})
                for dn, values in found
                if dn
            ]
    except ldap.SIZELIMIT_EXCEEDED:
        return rows
    except ldap.FILTER_ERROR:
        raise PortError("account_filter", permanent=True) from None
    except ldap.NO_SUCH_OBJECT:
        return []
    except ldap.LDAPError as error:
        raise PortError(f"ldap_{type(error).__name__.lower()}") from None
    return rows


def _mapping(config: OpenLdapConfig, people: list[Entry]) -> Iterator[Finding]:
    names, of = config.attributes, f"de {len(people)} contas"
    for key, attribute in names.model_dump().items():
        if not attribute:
            continue
        count = sum(attribute.lower() in person.values for person in people)
        if count:
            yield Finding(
                grade="ok", what=f"{key} = {attribute}: em {count} de {len(people)} contas"
            )
        else:
            yield Finding(
                grade="erro" if key in ("uid", "cpf") else "aviso",
                what=f"{key} = {attribute}: em nenhuma {of}",
                mend=f"confira attributes.{key}; se o nome está certo, {ACL_PAGE}",
            )
    cpfs = [cpf for person in people for cpf in person.all(names.cpf)]
    wrong = sum(len(only_digits(cpf)) != 11 for cpf in cpfs)
    if wrong:
        yield Finding(
            grade="aviso",
            what=f"{wrong} de {len(cpfs)} CPFs não têm 11 algarismos",
            mend="corrija-os no diretório: sem eles a pessoa não é reconhecida",
        )


def _secrets(people: list[Entry]) -> Iterator[Finding]:
    mends = {
        "userPassword": 'na regra de userPassword, troque "write" ou "manage" por "=w"',
        "pwdHistory": f"negue pwdHistory a todos; {ACL_PAGE}",
    }
    seen = [name for name in HASHES if any(person.first(name) for person in people)]
    for name in seen:
        yield Finding(
            grade="erro",
            what=f"a conta de serviço consegue ler senhas ({name})",
            mend=mends[name],
        )
    if not seen:
        yield Finding(grade="ok", what="a conta de serviço não lê senhas")


def _policy(config: OpenLdapConfig, session: LdapSession) -> Iterator[Finding]:
    if not config.policy_dn:
        yield Finding(
            grade="aviso",
            what="policy_dn está vazio: a política de senhas não foi conferida",
            mend="escreva em policy_dn o nome da política (ppolicy_default)",
        )
        return
    names = ["pwdMinLength", "pwdInHistory", "pwdCheckQuality", "pwdLockoutDuration"]
    found = session.search(config.policy_dn, scope=ldap.SCOPE_BASE, attributes=names)
    if not found:
        yield Finding(
            grade="erro",
            what="a política de policy_dn não existe ou não pode ser lida",
            mend=f"confira policy_dn; se existe, {ACL_PAGE}",
        )
        return
    minimum, history, quality, duration = (int(found[0].first(n) or 0) for n in names)
    yield Finding(
        grade="ok", what=f"política: mínimo de {minimum} caracteres, histórico de {history}"
    )
    if quality < 2:
        yield Finding(
            grade="aviso",
            what=f"pwdCheckQuality = {quality}: senhas que não se podem conferir passam",
            mend="ponha pwdCheckQuality em 2",
        )
    if duration != config.lockout_seconds:
        yield Finding(
            grade="erro",
            what=f"pwdLockoutDuration é {duration} e lockout_seconds é {config.lockout_seconds}",
            mend=f"ponha lockout_seconds = {duration}",
        )


def _groups(config: OpenLdapConfig, session: LdapSession) -> Iterator[Finding]:
    for number, group in enumerate(config.privileged_groups, start=1):
        if session.search(group, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
            yield Finding(grade="ok", what=f"privileged_groups, {number}º grupo: pode ser lido")
        else:
            yield Finding(
                grade="erro",
                what=f"privileged_groups, {number}º grupo: não existe ou não pode ser lido",
                mend=f"confira o nome; se existe, {ACL_PAGE}. Até lá ninguém é atendido",
            )
    if not (config.privileged_groups or config.privileged_filter):
        yield Finding(
            grade="aviso",
            what="nenhuma conta é tida por privilegiada",
            mend="escreva privileged_groups ou privileged_filter: essas contas não se redefinem "
            "por telefone",
        )
