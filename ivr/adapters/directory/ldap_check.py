"""The steps with which the check of every LDAP directory begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.findings import Finding, of_reason
from ivr.adapters.directory.ldap_connection import (
    LdapServer,
    LdapSession,
    open_connection,
    secure_connection,
)
from ivr.ports.errors import PortError


def examine(
    server: LdapServer, rest: Callable[[LdapSession], Iterator[Finding]]
) -> Iterator[Finding]:
    """TLS, then the service's account, then ``rest`` on a bound session. A step that makes the
    rest useless ends it; nothing is raised."""
    try:
        secure_connection(server).unbind_ext_s()
        yield Finding(grade="ok", what="conexão TLS: certificado e nome conferem")
        connection = open_connection(server)
    except PortError as error:
        yield of_reason(error.reason)
        return
    yield Finding(grade="ok", what="a conta de serviço foi aceita")
    try:
        yield from rest(LdapSession(connection, read_s=server.read_s, fresh=True))
    except PortError as error:
        yield of_reason(error.reason)
    finally:
        with suppress(ldap.LDAPError):
            connection.unbind_ext_s()
