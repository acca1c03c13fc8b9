"""Changes of accounts that have an attribute for the marker: compare and swap, in one Modify."""

from __future__ import annotations

import ldap  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]

from ivr.adapters.directory.change_markers import ChangeMarkers
from ivr.adapters.directory.ldap_connection import Entry, LdapPool, LdapSession
from ivr.adapters.directory.openldap_answers import OVERTAKEN, meaning
from ivr.adapters.directory.openldap_change import (
    ROUNDS,
    Change,
    Modification,
    modifications,
    unchanged_since,
)
from ivr.adapters.directory.openldap_reader import OpenLdapReader
from ivr.ports.errors import PortError


class MarkedChanges:
    """The :class:`Changes` of a directory with ``marker_attribute``."""

    def __init__(self, pool: LdapPool, reader: OpenLdapReader) -> None:
        self._pool = pool
        self._reader = reader
        self._attribute = reader.config.marker_attribute

    def make(self, change: Change) -> None:
        for _ in range(ROUNDS):
            if self._pool.run(lambda session: self._attempt(session, change)):
                return
        raise PortError("overtaken")

    def made(self, *, uid: str, marker: str) -> bool:
        entry = self._pool.run(lambda session: self._reader.entry(session, uid))
        return entry is not None and marker in self._markers(entry)

    def _attempt(self, session: LdapSession, change: Change) -> bool:
        """Write the change and the marker at once. False: another change came between.

        The policy is asked before the marker is compared, so a refusal may also mean that this
        very change has been made meanwhile.
        """
        entry = self._reader.entry(session, change.uid)
        if entry is None:
            raise PortError("no_account", permanent=True)
        old = self._markers(entry)
        if change.marker in old:
            return True
        wanted = modifications(change, entry)
        new = old.with_marker(change.marker, keep=self._reader.config.markers_kept)
        controls = [PasswordPolicyControl()]
        swap: list[Modification] = [(ldap.MOD_ADD, self._attribute, [new.text.encode()])]
        if old.text:
            swap.insert(0, (ldap.MOD_DELETE, self._attribute, [old.text.encode()]))
        else:
            controls.append(unchanged_since(entry.first("entryCSN") or ""))
        try:
            session.modify(entry.dn, [*swap, *wanted], controls=controls)
        except OVERTAKEN:
            return False
        except ldap.LDAPError as error:
            again = self._reader.at(session, entry.dn)
            if again is not None and change.marker in self._markers(again):
                return True
            raise meaning(error) from None
        return True

    def _markers(self, entry: Entry) -> ChangeMarkers:
        return ChangeMarkers.among(entry.all(self._attribute))
