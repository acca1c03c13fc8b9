"""Trying a password on an OpenLDAP directory, for the owner's page.

Whoever cannot be let in whatever the password (unknown, locked, disabled, or one failure short of
a lock) takes the same steps, with a bind of the decoy in the place of their own: slapd answers a
bind of such accounts ten times as fast, and a wrong password must not lock anybody from here.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ldap  # type: ignore[import-untyped]
from ldap.controls.ppolicy import PasswordPolicyControl  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_connection import (
    LOST,
    Entry,
    LdapPool,
    LdapSession,
    secure_connection,
)
from ivr.adapters.directory.openldap_account import ADMINISTRATIVE_LOCK, is_locked
from ivr.adapters.directory.openldap_answers import policy_error
from ivr.adapters.directory.openldap_policy import POLICY_ATTRIBUTES, LogInPolicy
from ivr.adapters.directory.openldap_reader import OpenLdapReader
from ivr.ports.clock import Clock
from ivr.ports.errors import PortError

EXPIRED = 0
"""The policy's error of a right password that is too old (draft-behera-ldap-password-policy)."""
STRIPES = 64
REFUSED: tuple[type[Exception], ...] = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.INSUFFICIENT_ACCESS,
    ldap.NO_SUCH_OBJECT,
    ldap.UNWILLING_TO_PERFORM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    entry: Entry
    policy: LogInPolicy
    open: bool
    """False: no password lets them in now."""


class Login:
    """Methods may raise PortError."""

    def __init__(self, pool: LdapPool, reader: OpenLdapReader, *, clock: Clock) -> None:
        self._pool = pool
        self._reader = reader
        self._clock = clock
        self._in_turn = [threading.Lock() for _ in range(STRIPES)]

    def passes(self, uid: str, password: str) -> bool:
        """Whether the password opens the account. A bind without one succeeds and proves nothing
        (RFC 4513 §5.1.2), so none is made."""
        try:
            if not password or not password.encode():
                return False
        except UnicodeEncodeError:
            return False
        person = self._pool.run(lambda session: self._person(session, uid))
        known = person is not None and person.open
        # Tries of one account one after another: each must see the failure of the one before.
        # Others take as many steps, but need not wait for each other.
        with self._in_turn[hash(uid) % STRIPES if known else secrets.randbelow(STRIPES)]:
            person = self._pool.run(lambda session: self._person(session, uid))
            if person is None or not person.open:
                self._decoy()
                return False
            error = try_bind(self._pool, person.entry.dn, password)
        if error is None:
            return True
        return policy_error(error) == EXPIRED and self._expired(person)

    def must_change(self, uid: str) -> bool:
        """Whether another password has to be chosen at the next log-in."""
        person = self._pool.run(lambda session: self._person(session, uid)) if uid else None
        if person is None:
            return False
        return person.entry.first("pwdReset") == "TRUE" or self._expired(person)

    def _expired(self, person: _Person) -> bool:
        return person.policy.expired(person.entry, now=self._clock.now())

    def _person(self, session: LdapSession, uid: str) -> _Person | None:
        """As many searches for somebody unknown as for somebody known."""
        config = self._reader.config
        entry = self._reader.entry(session, uid)
        dn = config.bind_dn if entry is None else entry.dn
        disabled = self._reader.matches(session, dn, config.disabled_filter)
        policy = self._policy(session, entry)
        if entry is None:
            return None
        now, lock = self._clock.now(), entry.first("pwdAccountLockedTime")
        locked = lock == ADMINISTRATIVE_LOCK or is_locked(
            lock, now=now, lockout_seconds=config.lockout_seconds
        )
        may = not (locked or disabled or policy.one_more_would_lock(entry, now=now))
        return _Person(entry=entry, policy=policy, open=may)

    def _policy(self, session: LdapSession, entry: Entry | None) -> LogInPolicy:
        own = entry.first("pwdPolicySubentry") if entry is not None else None
        dn = own or self._reader.config.policy_dn
        if not dn:
            return LogInPolicy()
        found = session.search(dn, scope=ldap.SCOPE_BASE, attributes=POLICY_ATTRIBUTES)
        return LogInPolicy.of(found[0] if found else None)

    def _decoy(self) -> None:
        """The work of a wrong password: of the decoy, or without one the work of the service's own
        right password, which counts no failure."""
        server = self._pool.server
        dn = self._reader.config.decoy_dn
        password = secrets.token_urlsafe(16) if dn else server.password
        try_bind(self._pool, dn or server.bind_dn, password)


def try_bind(pool: LdapPool, dn: str, password: str) -> ldap.LDAPError | None:
    """Bind on a connection of its own, never the pool's: None when it was accepted, else the
    refusal. Raises PortError when there was no answer."""
    connection: Any = secure_connection(pool.server)
    try:
        connection.simple_bind_s(dn, password, serverctrls=[PasswordPolicyControl()])
    except REFUSED as error:
        return error
    except ldap.LDAPError as error:
        slow = isinstance(error, ldap.TIMEOUT)
        lost = "directory_slow" if slow else "directory_down"
        reason = lost if isinstance(error, LOST) else "directory_busy"
        raise PortError(reason) from None
    finally:
        with suppress(ldap.LDAPError):
            connection.unbind_ext_s()
    return None
