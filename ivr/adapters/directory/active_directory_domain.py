"""What a domain controller says of itself, and how people are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_connection import LdapSession
from ivr.ports.errors import PortError

PEOPLE_FILTER = "(objectCategory=person)(objectClass=user)"
POLICY_HINTS = "1.2.840.113556.1.4.2239"
"""LDAP_SERVER_POLICY_HINTS_OID (MS-ADTS §3.1.1.3.4.1.27): a reset respects the history too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """``controls``: OIDs of those it announces. ``min_length``: characters of a password."""

    controls: frozenset[str]
    min_length: int


def person_filter(condition: str) -> str:
    """People for whom ``condition`` holds; its values must be escaped (RFC 4515 §3)."""
    return f"(&{PEOPLE_FILTER}{condition})"


def read_domain(session: LdapSession) -> Domain:
    """Raises PortError ``incomplete_entry`` when the server does not tell its own domain."""
    names = ["supportedControl", "defaultNamingContext"]
    root = session.search("", attributes=names, scope=ldap.SCOPE_BASE)
    context = root[0].first("defaultNamingContext") if root else None
    if not root or not context:
        raise PortError("incomplete_entry")
    policy = session.search(context, attributes=["minPwdLength"], scope=ldap.SCOPE_BASE)
    length = policy[0].first("minPwdLength") if policy else None
    return Domain(
        controls=frozenset(root[0].all("supportedControl")),
        min_length=int(length) if length and length.isdigit() else 0,
    )
