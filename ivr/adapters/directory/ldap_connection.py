"""LDAP connections: always over verified TLS, bounded in time, pooled, and discarded once dead.

Shared by the connectors of LDAP servers::

    pool = LdapPool(LdapServer(url=..., bind_dn=..., password=..., ca_file=...))
    with pool.session() as session:
        entries = session.search(base, filterstr="(uid=ana)", attributes=["uid", "cn"])
        session.modify(dn, [(ldap.MOD_REPLACE, "mail", [b"x"])], controls=[...])
    entries = pool.run(lambda session: session.search(...))   # once more on a fresh connection

A transport fault is a :class:`PortError` (``unknown_outcome`` when a change was on its way). What
the server itself answers to a change stays an ``ldap.LDAPError`` for the connector to read;
:func:`response_control` finds the controls that came with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ldap  # type: ignore[import-untyped]

from ivr.adapters.directory.ldap_breaker import Breaker
from ivr.adapters.directory.ldap_tls import carry, open_tls
from ivr.ports.errors import PortError

T = TypeVar("T")

PLAIN_PORT, TLS_PORT = 389, 636
LOST: tuple[type[Exception], ...] = (
    ldap.SERVER_DOWN,
    ldap.CONNECT_ERROR,
    ldap.TIMEOUT,
    ldap.LOCAL_ERROR,
    ldap.DECODING_ERROR,
)
"""Errors of libldap itself after which a connection is of no more use."""
BUSY: tuple[type[Exception], ...] = (
    ldap.BUSY,
    ldap.UNAVAILABLE,
    ldap.ADMINLIMIT_EXCEEDED,
    ldap.TIMELIMIT_EXCEEDED,
)
"""The server's own answers that ask for a later try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapServer:
    """``url``: ``ldaps://name[:port]``, or ``ldap://name[:port]`` with ``start_tls``; the name must
    be in the server's certificate, which ``ca_file`` (PEM) must vouch for. Seconds: ``connect_s``
    for TCP and TLS, ``read_s`` for each answer. Raises ValueError for a plain URL or an empty
    password (RFC 4513 §5.1.2: such a bind succeeds and proves nothing)."""

    url: str
    bind_dn: str
    password: str = field(repr=False)
    ca_file: Path
    start_tls: bool = False
    connect_s: float = 2.0
    read_s: float = 3.0
    pool_size: int = 4

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        wanted = "ldap" if self.start_tls else "ldaps"
        if parts.scheme != wanted or not parts.hostname:
            raise ValueError("url: ldaps://name[:port], or ldap://name[:port] with start_tls")
        if not self.bind_dn or not self.password:
            raise ValueError("bind_dn and the password must not be empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. Attribute names are folded to lower case."""

    dn: str = field(repr=False)
    values: Mapping[str, list[bytes]] = field(repr=False)

    def all(self, attribute: str) -> list[str]:
        """Every value as text; undecodable bytes are replaced."""
        found = self.values.get(attribute.lower(), [])
        return [value.decode("utf-8", "replace") for value in found]

    def first(self, attribute: str) -> str | None:
        """The first value, or None."""
        return next(iter(self.all(attribute)), None)


class LdapSession:
    """A bound connection, lent for one piece of work. ``lost``: it must not be used again."""

    def __init__(self, connection: Any, *, read_s: float, fresh: bool) -> None:
        self.connection = connection
        self.fresh = fresh
        self.lost = False
        self._read_s = read_s

    def search(
        self,
        base: str,
        *,
        filterstr: str = "(objectClass=*)",
        attributes: Sequence[str],
        scope: int = ldap.SCOPE_SUBTREE,
        limit: int = 0,
    ) -> list[Entry]:
        """Entries below ``base``; none when ``base`` does not exist. Values in ``filterstr`` must
        be escaped by ``ldap.filter.escape_filter_chars``. Raises PortError: ``ambiguous`` when
        there are more than ``limit``, ``no_rights``, ``directory_down`` …"""
        try:
            number = self.connection.search_ext(
                base, scope, filterstr, list(attributes), sizelimit=limit, timeout=self._read_s
            )
            _, rows, _, _ = self.connection.result3(number, all=1, timeout=self._read_s)
        except LOST as error:
            self.lost = True
            raise PortError(_transport_word(error)) from None
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX):
            return []
        except ldap.SIZELIMIT_EXCEEDED:
            raise PortError("ambiguous", permanent=True) from None
        except BUSY:
            raise PortError("directory_busy") from None
        except ldap.INSUFFICIENT_ACCESS:
            raise PortError("no_rights", permanent=True) from None
        except ldap.LDAPError as error:
            raise PortError(f"ldap_{type(error).__name__.lower()}") from None
        return [
            Entry(dn=dn, values={key.lower(): found for key, found in values.items()})
            for dn, values in rows
            if dn is not None
        ]

    def modify(
        self,
        dn: str,
        changes: Sequence[tuple[int, str, list[bytes] | None]],
        *,
        controls: Sequence[Any] = (),
    ) -> None:
        """One Modify, atomic (RFC 4511 §4.6). Raises PortError with ``unknown_outcome`` when the
        answer does not come, and the server's refusal as ``ldap.LDAPError``."""
        with self._writing():
            number = self.connection.modify_ext(dn, list(changes), serverctrls=list(controls))
            self.connection.result3(number, all=1, timeout=self._read_s)

    def add(
        self,
        dn: str,
        attributes: Mapping[str, list[bytes]],
        *,
        controls: Sequence[Any] = (),
    ) -> None:
        """One Add; errors as of :meth:`modify`."""
        with self._writing():
            number = self.connection.add_ext(
                dn, list(attributes.items()), serverctrls=list(controls)
            )
            self.connection.result3(number, all=1, timeout=self._read_s)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except LOST as error:
            self.lost = True
            raise PortError(_transport_word(error), unknown_outcome=True) from None
        except BUSY:
            raise PortError("directory_busy") from None


class LdapPool:
    """At most ``server.pool_size`` connections, each opened when it is needed.

    ``monotonic``: seconds, for the breaker, which answers ``directory_down`` at once for a while
    after several failures in a row.
    """

    def __init__(
        self, server: LdapServer, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.server = server
        self.breaker = Breaker(monotonic=monotonic)
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(server.pool_size)

    @contextmanager
    def session(self, *, fresh: bool = False) -> Iterator[LdapSession]:
        """Lend a bound connection; ``fresh``: not one that stood idle."""
        if not self.breaker.allows():
            raise PortError("directory_down")
        if not self._places.acquire(timeout=self.server.connect_s + self.server.read_s):
            raise PortError("directory_busy")
        try:
            session = self._take(fresh=fresh)
            try:
                yield session
            finally:
                self._give_back(session)
        finally:
            self._places.release()

    def run(self, work: Callable[[LdapSession], T]) -> T:
        """Run ``work``; once more when an idle connection turned out to be closed before
        anything was changed."""
        with self.session() as session:
            try:
                return work(session)
            except PortError as error:
                stale = session.lost and not session.fresh and error.reason == "directory_down"
                if error.unknown_outcome or not stale:
                    raise
        with self.session(fresh=True) as session:
            return work(session)

    def close(self) -> None:
        """Close what stands idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            _unbind(connection)

    def _take(self, *, fresh: bool) -> LdapSession:
        if fresh:
            self.close()
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            return LdapSession(connection, read_s=self.server.read_s, fresh=False)
        try:
            connection = open_connection(self.server)
        except PortError:
            self.breaker.failed()
            raise
        return LdapSession(connection, read_s=self.server.read_s, fresh=True)

    def _give_back(self, session: LdapSession) -> None:
        if not session.lost:
            self.breaker.worked()
            with self._lock:
                self._idle.append(session.connection)
            return
        self.breaker.failed()
        _unbind(session.connection)


def open_connection(server: LdapServer) -> Any:
    """A connection bound over TLS whose certificate and name were verified; nothing is sent in
    plain but the StartTLS request (RFC 4511 §4.14). Raises PortError: ``certificate_refused``,
    ``tls_refused``, ``bind_refused``, ``directory_down``, ``directory_slow``."""
    connection = secure_connection(server)
    try:
        connection.simple_bind_s(server.bind_dn, server.password)
    except ldap.LDAPError as error:
        _unbind(connection)
        if isinstance(error, (ldap.INVALID_CREDENTIALS, ldap.INAPPROPRIATE_AUTH)):
            raise PortError("bind_refused") from None
        raise PortError(_transport_word(error)) from None
    return connection


def secure_connection(server: LdapServer) -> Any:
    """A verified TLS connection, not bound."""
    parts = urlsplit(server.url)
    tls = open_tls(
        parts.hostname or "",
        parts.port or (PLAIN_PORT if server.start_tls else TLS_PORT),
        ca_file=server.ca_file,
        start_tls=server.start_tls,
        connect_s=server.connect_s,
    )
    local = carry(tls, answer_s=server.read_s, send_s=server.connect_s)
    connection = ldap.initialize("ldap://", fileno=local)
    connection.set_option(ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3)
    connection.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
    connection.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)
    connection.set_option(ldap.OPT_RESTART, ldap.OPT_OFF)
    connection.set_option(ldap.OPT_TIMEOUT, server.read_s)
    connection.timeout = server.read_s
    return connection


def response_control(error: ldap.LDAPError, oid: str) -> bytes | None:
    """The value of a control that came with a refusal, or None."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    for found, _, value in details.get("ctrls") or ():
        if found == oid:
            return bytes(value or b"")
    return None


def _transport_word(error: ldap.LDAPError) -> str:
    return "directory_slow" if isinstance(error, ldap.TIMEOUT) else "directory_down"


def _unbind(connection: Any) -> None:
    with suppress(ldap.LDAPError):
        connection.unbind_ext_s()
