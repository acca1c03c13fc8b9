"""Whether an OpenLDAP directory is as the connector needs it. Everything here only reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ldap  # type: ignore[import-untyped]
from ldap.controls.libldap import AssertionControl  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]

from ivr.adapters.directory.findings import Finding, of_reason
from ivr.adapters.directory.ldap_connection import (
    LdapServer,
    LdapSession,
    open_connection,
    secure_connection,
)
from ivr.adapters.directory.openldap_account import only_digits
from ivr.adapters.directory.openldap_config import OpenLdapConfig
from ivr.ports.errors import PortError

SAMPLE = 25
"""How many accounts are looked at."""
ACL_PAGE = "acrescente as regras de acesso de docs/directories.md"
Row = tuple[str, dict[str, list[bytes]]]


def findings_of(config: OpenLdapConfig) -> Iterator[Finding]:
    """Step by step; the first step that makes the rest useless ends it."""
    server = config.server()
    try:
        secure_connection(server).unbind_ext_s()
        yield Finding(grade="ok", what="conexão TLS: certificado e nome conferem")
        connection = open_connection(server)
    except PortError as error:
        yield of_reason(error.reason)
        return
    yield Finding(grade="ok", what="a conta de serviço foi aceita")
    session = LdapSession(connection, read_s=server.read_s, fresh=True)
    try:
        yield from _all(config, server, session)
    except PortError as error:
        yield of_reason(error.reason)
    finally:
        connection.unbind_ext_s()


def _all(config: OpenLdapConfig, server: LdapServer, session: LdapSession) -> Iterator[Finding]:
    yield from _controls(session)
    if not session.search(config.base, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
        yield Finding(
            grade="erro",
            what="base não existe ou não pode ser lida",
            mend=f"confira base; se existe, {ACL_PAGE}",
        )
        return
    rows = _sample(config, server, session)
    if not rows:
        yield Finding(
            grade="erro",
            what="nenhuma conta foi encontrada",
            mend=f"confira base e account_filter; se estão certos, {ACL_PAGE}",
        )
        return
    yield from _mapping(config, rows)
    yield from _secrets(rows)
    yield from _marker(config, session)
    yield from _assertion(session, rows[0][0])
    yield from _policy(config, session)
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


def _sample(config: OpenLdapConfig, server: LdapServer, session: LdapSession) -> list[Row]:
    """Some accounts, however many there are."""
    names = [*config.read_attributes(), "userPassword"]
    rows: list[Row] = []
    connection: Any = session.connection
    try:
        number = connection.search_ext(
            config.base, ldap.SCOPE_SUBTREE, config.account_filter, names, sizelimit=SAMPLE
        )
        while True:
            _, found, _, _ = connection.result3(number, all=0, timeout=server.read_s)
            if not found:
                break
            rows += [(dn, {k.lower(): v for k, v in values.items()}) for dn, values in found if dn]
    except ldap.SIZELIMIT_EXCEEDED:
        return rows
    except ldap.FILTER_ERROR:
        raise PortError("account_filter", permanent=True) from None
    except ldap.NO_SUCH_OBJECT:
        return []
    except ldap.LDAPError as error:
        raise PortError(f"ldap_{type(error).__name__.lower()}") from None
    return rows


def _mapping(config: OpenLdapConfig, rows: list[Row]) -> Iterator[Finding]:
    names = config.attributes
    for key, attribute in names.model_dump().items():
        if not attribute:
            continue
        count = sum(attribute.lower() in values for _, values in rows)
        if count:
            yield Finding(grade="ok", what=f"{key} = {attribute}: em {count} de {len(rows)} contas")
        else:
            yield Finding(
                grade="erro" if key in ("uid", "cpf") else "aviso",
                what=f"{key} = {attribute}: em nenhuma de {len(rows)} contas",
                mend=f"confira attributes.{key}; se o nome está certo, {ACL_PAGE}",
            )
    cpfs = [v for _, values in rows for v in values.get(names.cpf.lower(), [])]
    wrong = sum(len(only_digits(cpf.decode("utf-8", "replace"))) != 11 for cpf in cpfs)
    if wrong:
        yield Finding(
            grade="aviso",
            what=f"{wrong} de {len(cpfs)} CPFs não têm 11 algarismos",
            mend="corrija-os no diretório: sem eles a pessoa não é reconhecida",
        )


def _secrets(rows: list[Row]) -> Iterator[Finding]:
    if any("userpassword" in values for _, values in rows):
        yield Finding(
            grade="erro",
            what="a conta de serviço consegue ler senhas (userPassword)",
            mend='na regra de userPassword, troque "write" ou "manage" por "=w"',
        )
    else:
        yield Finding(grade="ok", what="a conta de serviço não lê senhas")


def _marker(config: OpenLdapConfig, session: LdapSession) -> Iterator[Finding]:
    schema = session.search("cn=Subschema", scope=ldap.SCOPE_BASE, attributes=["attributeTypes"])
    types = " ".join(schema[0].all("attributeTypes")).lower() if schema else ""
    if not types:
        yield Finding(
            grade="aviso",
            what="o esquema do servidor não pode ser lido",
            mend=f"para conferir marker_attribute, {ACL_PAGE}",
        )
    elif f"'{config.marker_attribute.lower()}'" not in types:
        yield Finding(
            grade="erro",
            what=f"marker_attribute: o servidor não conhece {config.marker_attribute}",
            mend="escolha um atributo de texto que as contas possam ter e ninguém use",
        )
    else:
        yield Finding(grade="ok", what=f"marker_attribute = {config.marker_attribute}")


def _assertion(session: LdapSession, dn: str) -> Iterator[Finding]:
    """A change under an assertion that never holds: it must be refused as such."""
    never = AssertionControl(criticality=True, filterstr="(!(objectClass=*))")
    try:
        session.modify(dn, [(ldap.MOD_REPLACE, "pwdReset", None)], controls=[never])
    except ldap.ASSERTION_FAILED:
        yield Finding(grade="ok", what="asserção: uma mudança vencida é recusada")
        return
    except ldap.LDAPError as error:
        why = type(error).__name__.lower()
    else:
        why = "aceita"
    yield Finding(
        grade="erro",
        what=f"asserção: a mudança de prova não foi recusada como devia ({why})",
        mend="use um servidor que escreve (provider), sem proxy no meio",
    )


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
