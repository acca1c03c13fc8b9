"""Whether an OpenLDAP directory can make each change once, and try passwords. Only reads: trial
changes carry the no-op control, or an assertion that never holds."""

from __future__ import annotations

from collections.abc import Iterator

import ldap  # type: ignore[import-untyped]
from ldap.controls import LDAPControl  # type: ignore[import-untyped]
from ldap.controls.libldap import AssertionControl  # type: ignore[import-untyped]

from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_connection import Entry, LdapSession
from ivr.adapters.directory.openldap_config import OpenLdapConfig
from ivr.adapters.directory.openldap_policy import POLICY_ATTRIBUTES, LogInPolicy
from ivr.ports.errors import PortError

ACL_PAGE = "acrescente as regras de acesso de docs/directories.md"
NO_OPERATION = LDAPControl("1.3.6.1.4.1.4203.666.5.2", True)
NO_OPERATION_RESULT = 0x410E
"""OpenLDAP's answer to a change that would have been made (LDAP_X_NO_OPERATION)."""
TELLING = ("entryCSN", "modifiersName")
"""What tells the outcome of a change without a marker, on every account."""
TRIES_OF_THE_PAGE = 4
"""Wrong passwords that the owner's page takes before it closes for a while."""


def findings_of_changes(
    config: OpenLdapConfig, session: LdapSession, people: list[Entry]
) -> Iterator[Finding]:
    if config.marker_attribute:
        yield from _marker(config, session)
    else:
        yield from _telling(people)
        yield from _notes(config, session)
    yield from _assertion(session, people[0].dn)


def findings_of_login(config: OpenLdapConfig, session: LdapSession) -> Iterator[Finding]:
    if not config.decoy_dn:
        yield Finding(
            grade="aviso",
            what="decoy_dn está vazio: o tempo de /meu-acesso pode revelar quem tem conta",
            mend="crie a conta de ninguém de docs/directories.md e escreva o nome em decoy_dn",
        )
    elif session.search(config.decoy_dn, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
        yield Finding(grade="ok", what="decoy_dn: existe")
    else:
        yield Finding(
            grade="erro",
            what="decoy_dn não existe ou não pode ser lido",
            mend=f"confira o nome; se existe, {ACL_PAGE}",
        )
    if not config.policy_dn:
        return
    found = session.search(config.policy_dn, scope=ldap.SCOPE_BASE, attributes=POLICY_ATTRIBUTES)
    limit = LogInPolicy.of(found[0] if found else None).failures
    if 0 < limit <= TRIES_OF_THE_PAGE:
        yield Finding(
            grade="aviso",
            what=f"pwdMaxFailure = {limit}: /meu-acesso para de tentar após {limit - 1} senhas "
            "erradas, para não bloquear ninguém",
            mend=f"ponha pwdMaxFailure acima de {TRIES_OF_THE_PAGE}",
        )


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
            mend="escolha um atributo de texto que as contas possam ter e ninguém use; se não há "
            "nenhum, use notes_base",
        )
    else:
        yield Finding(grade="ok", what=f"marker_attribute = {config.marker_attribute}")


def _telling(people: list[Entry]) -> Iterator[Finding]:
    """``pwdChangedTime`` is not on accounts whose password was never changed, so its rule of
    access cannot be told from its absence when nobody has it."""
    for name in TELLING:
        seen = sum(person.first(name) is not None for person in people)
        if seen < len(people):
            yield Finding(
                grade="erro",
                what=f"notes_base: {name} só pode ser lido em {seen} de {len(people)} contas",
                mend=f"sem ele não se sabe se uma mudança foi feita; {ACL_PAGE}",
            )
    if not any(person.first("pwdChangedTime") for person in people):
        yield Finding(
            grade="aviso",
            what=f"notes_base: pwdChangedTime em nenhuma de {len(people)} contas",
            mend=f"se alguma senha já foi trocada, {ACL_PAGE}",
        )


def _notes(config: OpenLdapConfig, session: LdapSession) -> Iterator[Finding]:
    """Adding a note is tried with the no-op control."""
    if not session.search(config.notes_base, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
        yield Finding(
            grade="erro",
            what="notes_base não existe ou não pode ser lido",
            mend=f"crie o ramo (organizationalUnit); se existe, {ACL_PAGE}",
        )
        return
    values = {"objectClass": [b"applicationProcess"], "description": [b"ivr1"]}
    try:
        session.add(f"cn=prova,{config.notes_base}", values, controls=[NO_OPERATION])
    except ldap.LDAPError as error:
        if _result(error) == NO_OPERATION_RESULT:
            yield Finding(grade="ok", what="notes_base: a conta de serviço pode anotar")
            return
        why = type(error).__name__.lower()
    except PortError as error:
        why = error.reason
    else:
        why = "a anotação de prova foi aceita"
    yield Finding(
        grade="erro",
        what=f"notes_base: a conta de serviço não pode anotar ({why})",
        mend=f"dê-lhe write no ramo e nas entradas dele; {ACL_PAGE}",
    )


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


def _result(error: ldap.LDAPError) -> int | None:
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    result = details.get("result")
    return result if isinstance(result, int) else None
