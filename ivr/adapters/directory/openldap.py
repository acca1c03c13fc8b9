"""OpenLDAP with its password policy overlay, by LDAP over TLS.

A change is one Modify that holds the new password or the unlock together with the swap of the
marker value, so it happens wholly, once for each marker, or not at all. The service's account
needs ``write``, never ``manage``: with ``manage`` the policy is not applied
(slapo-ppolicy(5), docs/directories.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Self

import ldap  # type: ignore[import-untyped]
from ldap.controls.libldap import AssertionControl  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]
from ldap.filter import filter_format  # type: ignore[import-untyped]

from ivr.adapters.directory.change_markers import ChangeMarkers
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_connection import Entry, LdapPool, LdapSession
from ivr.adapters.directory.openldap_account import ADMINISTRATIVE_LOCK, account_of
from ivr.adapters.directory.openldap_answers import OVERTAKEN, meaning
from ivr.adapters.directory.openldap_check import findings_of
from ivr.adapters.directory.openldap_config import OpenLdapConfig, read_config
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError

Change = tuple[int, str, list[bytes] | None]
ROUNDS = 12
"""How often a change is tried anew when another change came between."""
HASHED = re.compile(r"^\{[^}]*\}")
"""A value that slapd would take for a ready hash and store as it is (RFC 2307 §5.3)."""


class OpenLdapDirectory:
    """The OpenLDAP :class:`ivr.ports.directory.Directory`."""

    def __init__(self, name: str, config: OpenLdapConfig, *, clock: Clock) -> None:
        self.name = name
        self.config = config
        self.pool = LdapPool(config.server())
        self._clock = clock

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
        return self.pool.run(lambda session: self._account(session, wanted))

    def get(self, uid: str) -> Account | None:
        wanted = self.config.filter_for(self.config.attributes.uid, uid)
        return self.pool.run(lambda session: self._account(session, wanted)) if uid else None

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        if not password:
            raise PolicyRefusalError("too_short")
        if HASHED.match(password):
            raise PolicyRefusalError("quality")
        changes: list[Change] = [
            (ldap.MOD_REPLACE, "userPassword", [password.encode()]),
            (ldap.MOD_REPLACE, "pwdReset", [b"TRUE"] if must_change else None),
        ]
        self._change(uid=uid, marker=marker, compute=lambda entry: changes)

    def unlock(self, *, uid: str, marker: str) -> None:
        def unlocked(entry: Entry) -> list[Change]:
            locked = entry.first("pwdAccountLockedTime") is not None
            return [(ldap.MOD_DELETE, "pwdAccountLockedTime", None)] if locked else []

        self._change(uid=uid, marker=marker, compute=unlocked)

    def applied(self, *, uid: str, marker: str) -> bool:
        entry = self.pool.run(lambda session: self._entry(session, uid))
        return entry is not None and marker in self._markers(entry)

    def must_change(self, uid: str) -> bool:
        """Whether the owner has to choose another password at the next log-in."""
        entry = self.pool.run(lambda session: self._entry(session, uid)) if uid else None
        return entry is not None and entry.first("pwdReset") == "TRUE"

    def check(self) -> Iterator[Finding]:
        """What ``flask directory check`` tells of this directory; nothing is changed."""
        return findings_of(self.config)

    def _change(self, *, uid: str, marker: str, compute: Callable[[Entry], list[Change]]) -> None:
        def attempt(session: LdapSession) -> bool:
            entry = self._entry(session, uid)
            if entry is None:
                raise PortError("no_account", permanent=True)
            if marker in self._markers(entry):
                return True
            if entry.first("pwdAccountLockedTime") == ADMINISTRATIVE_LOCK:
                raise PortError("administrative_lock", permanent=True)
            return self._swap(session, entry, marker=marker, changes=compute(entry))

        for _ in range(ROUNDS):
            if self.pool.run(attempt):
                return
        raise PortError("overtaken")

    def _swap(
        self, session: LdapSession, entry: Entry, *, marker: str, changes: list[Change]
    ) -> bool:
        """Write the change and the marker at once. False: another change came between.

        The policy is asked before the marker is compared, so a refusal may also mean that this
        very change has been made meanwhile.
        """
        old = self._markers(entry)
        new = old.with_marker(marker, keep=self.config.markers_kept)
        attribute = self.config.marker_attribute
        controls = [PasswordPolicyControl()]
        swap: list[Change] = [(ldap.MOD_ADD, attribute, [new.text.encode()])]
        if old.text:
            swap.insert(0, (ldap.MOD_DELETE, attribute, [old.text.encode()]))
        else:
            seen = filter_format("(entryCSN=%s)", [entry.first("entryCSN") or ""])
            controls.append(AssertionControl(criticality=True, filterstr=seen))
        try:
            session.modify(entry.dn, [*swap, *changes], controls=controls)
        except OVERTAKEN:
            return False
        except ldap.LDAPError as error:
            again = self._at(session, entry.dn)
            if again is not None and marker in self._markers(again):
                return True
            raise meaning(error) from None
        return True

    def _account(self, session: LdapSession, wanted: str) -> Account | None:
        entry = self._only(session, wanted)
        if entry is None:
            return None
        return account_of(
            entry,
            config=self.config,
            now=self._clock.now(),
            disabled=self._matches(session, entry, self.config.disabled_filter),
            privileged=self._matches(session, entry, self.config.privileged_filter)
            or any(self._member(session, entry, group) for group in self.config.privileged_groups),
        )

    def _entry(self, session: LdapSession, uid: str) -> Entry | None:
        return self._only(session, self.config.filter_for(self.config.attributes.uid, uid))

    def _only(self, session: LdapSession, wanted: str) -> Entry | None:
        found = session.search(
            self.config.base,
            filterstr=wanted,
            attributes=self.config.read_attributes(),
            limit=2,
        )
        if len(found) > 1:
            raise PortError("ambiguous", permanent=True)
        return found[0] if found else None

    def _at(self, session: LdapSession, dn: str) -> Entry | None:
        found = session.search(dn, scope=ldap.SCOPE_BASE, attributes=[self.config.marker_attribute])
        return found[0] if found else None

    def _matches(self, session: LdapSession, entry: Entry, filterstr: str) -> bool:
        return bool(filterstr) and bool(
            session.search(entry.dn, scope=ldap.SCOPE_BASE, filterstr=filterstr, attributes=["1.1"])
        )

    def _member(self, session: LdapSession, entry: Entry, group: str) -> bool:
        """Raises PortError when the group cannot be read: nobody is then let through."""
        uid = entry.first(self.config.attributes.uid) or ""
        member = filter_format("(|(member=%s)(uniqueMember=%s)(memberUid=%s))", [
            entry.dn, entry.dn, uid,
        ])  # fmt: skip
        if session.search(group, scope=ldap.SCOPE_BASE, filterstr=member, attributes=["1.1"]):
            return True
        if not session.search(group, scope=ldap.SCOPE_BASE, attributes=["1.1"]):
            raise PortError("privileged_group_missing", permanent=True)
        return False

    def _markers(self, entry: Entry) -> ChangeMarkers:
        return ChangeMarkers.among(entry.all(self.config.marker_attribute))


def cpf_spellings(number: str) -> tuple[str, ...]:
    """A CPF as directories write it: digits, and with dots and hyphen."""
    if len(number) != 11:
        return (number,)
    return number, f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
