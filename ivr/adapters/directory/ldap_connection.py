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

import socket
import ssl
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
from ivr.ports.errors import PortError

T = TypeVar("T")

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
        try:
            number = self.connection.modify_ext(dn, list(changes), serverctrls=list(controls))
            self.connection.result3(number, all=1, timeout=self._read_s)
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
    """A verified TLS connection, not bound.

    A handshake of Python's own goes before libldap's: with GnuTLS libldap waits for ever for a
    server that accepts and says nothing, and calls every refused certificate "server down".
    """
    if not server.start_tls:
        _shake_hands(server)
    connection = ldap.initialize(server.url)
    options: list[tuple[int, Any]] = [
        (ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3),
        (ldap.OPT_REFERRALS, ldap.OPT_OFF),
        (ldap.OPT_DEREF, ldap.DEREF_NEVER),
        (ldap.OPT_NETWORK_TIMEOUT, server.connect_s),
        (ldap.OPT_TIMEOUT, server.read_s),
        (ldap.OPT_X_TLS_CACERTFILE, str(server.ca_file)),
        (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
        (ldap.OPT_X_TLS_PROTOCOL_MIN, ldap.OPT_X_TLS_PROTOCOL_TLS1_2),
        (ldap.OPT_X_TLS_NEWCTX, 0),
    ]
    try:
        for option, value in options:
            connection.set_option(option, value)
    except (ldap.LDAPError, ValueError):
        raise PortError("ca_file_unreadable") from None
    connection.timeout = server.read_s
    try:
        if server.start_tls:
            connection.start_tls_s()
        else:
            _reach(connection)
    except ldap.LDAPError as error:
        _unbind(connection)
        raise PortError(_connect_word(error, start_tls=server.start_tls)) from None
    return connection


def response_control(error: ldap.LDAPError, oid: str) -> bytes | None:
    """The value of a control that came with a refusal, or None."""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    for found, _, value in details.get("ctrls") or ():
        if found == oid:
            return bytes(value or b"")
    return None


def _shake_hands(server: LdapServer) -> None:
    parts = urlsplit(server.url)
    host = parts.hostname or ""
    try:
        context = ssl.create_default_context(cafile=str(server.ca_file))
    except (OSError, ssl.SSLError):
        raise PortError("ca_file_unreadable") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    address = (host, parts.port or 636)
    try:
        with (
            socket.create_connection(address, timeout=server.connect_s) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return
    except ssl.SSLCertVerificationError:
        raise PortError("certificate_refused") from None
    except TimeoutError:
        raise PortError("directory_slow") from None
    except ssl.SSLError:
        raise PortError("tls_refused") from None
    except OSError:
        raise PortError("directory_down") from None


def _reach(connection: Any) -> None:
    """Open the connection now, by reading the root DSE; libldap opens at the first request."""
    try:
        connection.search_ext_s("", ldap.SCOPE_BASE, attrlist=["1.1"])
    except LOST:
        raise
    except ldap.LDAPError:
        return


def _connect_word(error: ldap.LDAPError, *, start_tls: bool) -> str:
    if isinstance(error, ldap.TIMEOUT):
        return "directory_slow"
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    info = str(details.get("info", "")).lower()
    if "certificate" in info or "does not match" in info or "hostname" in info:
        return "certificate_refused"
    if start_tls and not isinstance(error, ldap.SERVER_DOWN):
        return "tls_refused"
    return "tls_refused" if "tls" in info or "ssl" in info else "directory_down"


def _transport_word(error: ldap.LDAPError) -> str:
    return "directory_slow" if isinstance(error, ldap.TIMEOUT) else "directory_down"


def _unbind(connection: Any) -> None:
    with suppress(ldap.LDAPError):
        connection.unbind_ext_s()
