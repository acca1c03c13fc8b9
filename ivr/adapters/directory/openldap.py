"""OpenLDAP with its password policy overlay, by LDAP over TLS.

A change is one Modify that holds the new password or the unlock, made once for each marker: either
together with the swap of a marker value (:mod:`openldap_marked`), or, where accounts have no
attribute for that, under an assertion of the entry's change number (:mod:`openldap_noted`). The
service's account needs ``write``, never ``manage``: with ``manage`` the policy is not applied
(slapo-ppolicy(5), docs/directories.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Self

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_connection import Entry, LdapPool
from ivr.adapters.directory.openldap_change import Change, Changes, Modification
from ivr.adapters.directory.openldap_check import findings_of
from ivr.adapters.directory.openldap_config import OpenLdapConfig, read_config
from ivr.adapters.directory.openldap_login import Login
from ivr.adapters.directory.openldap_marked import MarkedChanges
from ivr.adapters.directory.openldap_noted import NotedChanges
from ivr.adapters.directory.openldap_reader import OpenLdapReader
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError

HASHED = re.compile(r"^\{[^}]*\}")
"""A value that slapd would take for a ready hash and store as it is (RFC 2307 §5.3)."""


class OpenLdapDirectory:
    """The OpenLDAP :class:`ivr.ports.directory.Directory`."""

    def __init__(self, name: str, config: OpenLdapConfig, *, clock: Clock) -> None:
        self.name = name
        self.config = config
        self.pool = LdapPool(config.server())
        self._reader = OpenLdapReader(config, clock=clock)
        self._login = Login(self.pool, self._reader, clock=clock)
        self._changes: Changes = (
            MarkedChanges(self.pool, self._reader)
            if config.marker_attribute
            else NotedChanges(self.pool, self._reader)
        )

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, object], *, clock: Clock) -> Self:
        """Raises ValueError that names the directory and the wrong keys."""
        return cls(name, read_config(name, config), clock=clock)

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        if not (number.isascii() and number.isdigit()):
            return None
        names = self.config.attributes
        if kind == "cpf":
            wanted = self.config.filter_for(names.cpf, *cpf_spellings(number))
        elif names.matricula:
            wanted = self.config.filter_for(names.matricula, number)
        else:
            return None
        return self.pool.run(lambda session: self._reader.account(session, wanted))

    def get(self, uid: str) -> Account | None:
        if not uid:
            return None
        wanted = self.config.filter_for(self.config.attributes.uid, uid)
        return self.pool.run(lambda session: self._reader.account(session, wanted))

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        if not password:
            raise PolicyRefusalError("too_short")
        if HASHED.match(password):
            raise PolicyRefusalError("quality")
        wanted: list[Modification] = [
            (ldap.MOD_REPLACE, "userPassword", [password.encode()]),
            (ldap.MOD_REPLACE, "pwdReset", [b"TRUE"] if must_change else None),
        ]
        self._changes.make(
            Change(uid=uid, marker=marker, compute=lambda entry: wanted, password=password)
        )

    def unlock(self, *, uid: str, marker: str) -> None:
        def unlocked(entry: Entry) -> list[Modification]:
            locked = entry.first("pwdAccountLockedTime") is not None
            return [(ldap.MOD_DELETE, "pwdAccountLockedTime", None)] if locked else []

        self._changes.make(Change(uid=uid, marker=marker, compute=unlocked))

    def applied(self, *, uid: str, marker: str) -> bool:
        return self._changes.made(uid=uid, marker=marker)

    def authenticate(self, uid: str, password: str) -> bool:
        """As in :class:`ivr.ports.directory.Authenticator`. A right password that has to be
        changed first counts as right; :meth:`must_change` tells it."""
        return self._login.passes(uid, password)

    def must_change(self, uid: str) -> bool:
        """Whether the owner has to choose another password at the next log-in."""
        return self._login.must_change(uid)

    def check(self) -> Iterator[Finding]:
        """What ``flask directory check`` tells of this directory; nothing is changed."""
        return findings_of(self.config)


def cpf_spellings(number: str) -> tuple[str, ...]:
    """A CPF as directories write it: digits, and with dots and hyphen."""
    if len(number) != 11:
        return (number,)
    return number, f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
