"""Reading accounts of an OpenLDAP directory, on a session that the caller holds."""

from __future__ import annotations

import ldap  # type: ignore[import-untyped]
from ldap.filter import filter_format  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_connection import Entry, LdapSession
from ivr.adapters.directory.openldap_account import account_of
from ivr.adapters.directory.openldap_config import OpenLdapConfig
from ivr.ports.clock import Clock
from ivr.ports.directory import Account
from ivr.ports.errors import PortError


class OpenLdapReader:
    """Every method may raise :class:`PortError`; two people for one key are ``ambiguous``."""

    def __init__(self, config: OpenLdapConfig, *, clock: Clock) -> None:
        self.config = config
        self._clock = clock

    def account(self, session: LdapSession, wanted: str) -> Account | None:
        """The one account that the filter ``wanted`` matches."""
        entry = self._only(session, wanted)
        if entry is None:
            return None
        return account_of(
            entry,
            config=self.config,
            now=self._clock.now(),
            disabled=self.matches(session, entry.dn, self.config.disabled_filter),
            privileged=self.matches(session, entry.dn, self.config.privileged_filter)
            or any(self._member(session, entry, group) for group in self.config.privileged_groups),
        )

    def entry(self, session: LdapSession, uid: str) -> Entry | None:
        """The entry of an account, by the directory's own key."""
        return self._only(session, self.config.filter_for(self.config.attributes.uid, uid))

    def at(self, session: LdapSession, dn: str) -> Entry | None:
        """The entry of an account as it is now, by its name."""
        names = self.config.read_attributes()
        found = session.search(dn, scope=ldap.SCOPE_BASE, attributes=names)
        return found[0] if found else None

    def matches(self, session: LdapSession, dn: str, filterstr: str) -> bool:
        """Whether an entry matches a filter; an empty one matches nobody."""
        return bool(filterstr) and bool(
            session.search(dn, scope=ldap.SCOPE_BASE, filterstr=filterstr, attributes=["1.1"])
        )

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
