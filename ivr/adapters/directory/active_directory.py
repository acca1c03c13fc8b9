"""Active Directory, Microsoft's or Samba's, over LDAPS.

A reset is one Modify: new password, unlock, must-change and the marker together, or nothing
(RFC 4511 §4.6; MS-ADTS §3.1.1.3.1.5.1 for ``unicodePwd``). The marker attribute is changed by
deleting the value that was read, so that of two writers one is told 16 or 20 and reads again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Self

import ldap  # type: ignore[import-untyped]
import ldap.controls  # type: ignore[import-untyped]
import ldap.filter  # type: ignore[import-untyped]

from ivr.adapters.directory.active_directory_check import findings_of
from ivr.adapters.directory.active_directory_codes import BindVerdict, bind_verdict, error_text
from ivr.adapters.directory.active_directory_config import ActiveDirectoryConfig, read_config
from ivr.adapters.directory.active_directory_domain import (
    POLICY_HINTS,
    person_filter,
    read_domain,
)
from ivr.adapters.directory.active_directory_entry import (
    account_of,
    is_privileged,
    must_change_password,
    text_of,
    wanted_attributes,
)
from ivr.adapters.directory.active_directory_ledger import Ledger, NoRoomError
from ivr.adapters.directory.active_directory_refusal import (
    OVERTAKEN,
    is_policy_refusal,
    refusal,
)
from ivr.adapters.directory.active_directory_sid import sid_text
from ivr.adapters.directory.findings import Finding
from ivr.adapters.directory.ldap_connection import (
    Entry,
    LdapPool,
    LdapSession,
    secure_connection,
)
from ivr.ports.clock import Clock
from ivr.ports.directory import Account, IdKind, PolicyRefusalError
from ivr.ports.errors import PortError

Change = tuple[int, str, list[bytes] | None]

RESPECT_HISTORY = b"\x30\x03\x02\x01\x01"
"""BER of ``SEQUENCE { Flags INTEGER (1) }``."""
LONGEST_KEY = 256
"""Characters of ``sAMAccountName`` at most (MS-ADA3 §2.222)."""
ROUNDS = 12
"""How often a change is computed anew when another change came between."""


class ActiveDirectory:
    """The Active Directory :class:`ivr.ports.directory.Directory`."""

    def __init__(
        self, name: str, config: ActiveDirectoryConfig, *, clock: Clock, pool: LdapPool
    ) -> None:
        self.name = name
        self.pool = pool
        self._config = config
        self._clock = clock
        self._denied: frozenset[str] | None = None

    @classmethod
    def from_config(cls, name: str, config: Mapping[str, object], *, clock: Clock) -> Self:
        """Raises ValueError that names the wrong key."""
        read = read_config(name, config)
        try:
            server = read.server()
        except (ValueError, OSError) as error:
            raise ValueError(f"directory {name}: {error}") from None
        return cls(name, read, clock=clock, pool=LdapPool(server))

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        if not (number.isascii() and number.isdigit() and len(number) <= 20):
            return None
        values, attribute = [number], self._config.attributes.matricula
        if kind == "cpf":
            attribute = self._config.attributes.cpf
            if len(number) == 11:
                values.append(f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}")
        wanted = "".join(f"({attribute}={value})" for value in values)
        return self.pool.run(lambda session: self._account(session, f"(|{wanted})"))

    def get(self, uid: str) -> Account | None:
        if not _can_be_key(uid):
            return None
        return self.pool.run(lambda session: self._account(session, self._key_is(uid)))

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        try:
            quoted = f'"{password}"'.encode("utf-16-le")
        except UnicodeEncodeError:
            raise PolicyRefusalError("policy") from None
        changes: list[Change] = [(ldap.MOD_REPLACE, "unicodePwd", [quoted])]
        if must_change:
            changes.append((ldap.MOD_REPLACE, "pwdLastSet", [b"0"]))
        self.pool.run(
            lambda session: self._change(
                session, uid=uid, marker=marker, changes=changes, password=password
            )
        )

    def unlock(self, *, uid: str, marker: str) -> None:
        self.pool.run(lambda session: self._change(session, uid=uid, marker=marker, changes=[]))

    def applied(self, *, uid: str, marker: str) -> bool:
        """True as well when the account has seen up to eleven newer changes."""
        entry = self._entry_of(uid)
        return entry is not None and marker in self._ledger(entry)

    def authenticate(self, uid: str, password: str) -> bool:
        """As in :class:`ivr.ports.directory.Authenticator`. A right password that has to be
        changed first counts as right; :meth:`must_change` tells it."""
        return self.bind_as(uid, password) in ("ok", "must_change", "password_expired")

    def must_change(self, uid: str) -> bool:
        entry = self._entry_of(uid)
        return entry is not None and must_change_password(entry)

    def bind_as(self, uid: str, password: str) -> BindVerdict:
        """Try a log-in on a connection of its own. A wrong password counts towards the lockout."""
        entry = self._entry_of(uid)
        dn = f"CN=ninguem,{self._config.base}" if entry is None else entry.dn
        if not password:
            return "wrong_password"
        connection = secure_connection(self.pool.server)
        try:
            connection.simple_bind_s(dn, password)
            return "ok" if entry is not None else "no_account"
        except ldap.INVALID_CREDENTIALS as error:
            return bind_verdict(error_text(error))
        except ldap.LDAPError:
            raise PortError("directory_down") from None
        finally:
            with suppress(ldap.LDAPError):
                connection.unbind_ext_s()

    def check(self) -> Iterator[Finding]:
        """What ``flask directory check`` tells of this directory; nothing is changed."""
        return findings_of(self._config)

    def _account(self, session: LdapSession, condition: str) -> Account | None:
        entry = self._entry(session, condition)
        if entry is None:
            return None
        return account_of(
            entry, config=self._config, denied=self._denied_sids(session), now=self._clock.now()
        )

    def _entry_of(self, uid: str) -> Entry | None:
        if not _can_be_key(uid):
            return None
        return self.pool.run(lambda session: self._entry(session, self._key_is(uid)))

    def _entry(self, session: LdapSession, condition: str) -> Entry | None:
        """The one person for whom ``condition`` holds, read whole."""
        found = session.search(
            self._config.base,
            filterstr=person_filter(condition),
            attributes=[self._config.attributes.uid],
            limit=2,
        )
        if len(found) > 1:
            raise PortError("ambiguous", permanent=True)
        return self._read(session, found[0].dn) if found else None

    def _read(self, session: LdapSession, dn: str) -> Entry | None:
        attributes = wanted_attributes(self._config)
        rows = session.search(dn, attributes=attributes, scope=ldap.SCOPE_BASE)
        return rows[0] if rows else None

    def _change(
        self,
        session: LdapSession,
        *,
        uid: str,
        marker: str,
        changes: Sequence[Change],
        password: str | None = None,
    ) -> None:
        for _ in range(ROUNDS):
            entry = self._entry(session, self._key_is(uid)) if _can_be_key(uid) else None
            if entry is None:
                raise PortError("no_account", permanent=True)
            ledger = self._ledger(entry)
            if marker in ledger:
                return
            if is_privileged(entry, denied=self._denied_sids(session)):
                raise PortError("privileged", permanent=True)
            all_changes = [*changes, (ldap.MOD_REPLACE, "lockoutTime", [b"0"])]
            all_changes += self._marking(ledger, marker)
            try:
                session.modify(entry.dn, all_changes, controls=self._controls(session, password))
            except OVERTAKEN:
                continue
            except ldap.LDAPError as error:
                raise self._refusal(session, error=error, password=password) from None
            return
        raise PortError("overtaken")

    def _marking(self, ledger: Ledger, marker: str) -> list[Change]:
        try:
            text = ledger.with_marker(marker)
        except NoRoomError:
            raise PortError("no_room_for_marker", permanent=True) from None
        name = self._config.marker_attribute
        add: Change = (ldap.MOD_ADD, name, [text.encode()])
        if not ledger.text:
            return [add]
        return [(ldap.MOD_DELETE, name, [ledger.text.encode()]), add]

    def _ledger(self, entry: Entry) -> Ledger:
        return Ledger.read(text_of(entry, self._config.marker_attribute))

    def _controls(
        self, session: LdapSession, password: str | None
    ) -> list[ldap.controls.LDAPControl]:
        if password is None or not self._config.respect_history:
            return []
        if POLICY_HINTS not in read_domain(session).controls:
            return []
        return [ldap.controls.LDAPControl(POLICY_HINTS, True, RESPECT_HISTORY)]

    def _refusal(
        self, session: LdapSession, *, error: ldap.LDAPError, password: str | None
    ) -> PortError:
        known = password is not None and is_policy_refusal(error)
        min_length = read_domain(session).min_length if known else 0
        return refusal(error, password=password, min_length=min_length)

    def _denied_sids(self, session: LdapSession) -> frozenset[str]:
        """SIDs of the configured groups, read once. A group that is not there stops everything:
        its members could not be told from others."""
        if self._denied is None:
            self._denied = frozenset(
                group if group.startswith("S-1-") else _sid_of(session, group)
                for group in self._config.privileged_groups
            )
        return self._denied

    def _key_is(self, uid: str) -> str:
        return f"({self._config.attributes.uid}={ldap.filter.escape_filter_chars(uid)})"


def _sid_of(session: LdapSession, dn: str) -> str:
    rows = session.search(dn, attributes=["objectSid"], scope=ldap.SCOPE_BASE)
    raw = rows[0].values.get("objectsid") if rows else None
    if not raw:
        raise PortError("denied_group_missing")
    return sid_text(raw[0])


def _can_be_key(uid: str) -> bool:
    return 0 < len(uid) <= LONGEST_KEY and uid.isprintable()
