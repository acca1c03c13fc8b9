"""The TLS connection under libldap: what freezes, lies or stops half-way ends in time."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import ldap
import pytest
from certificates import Authority
from fixtures_slapd import FIRST, SERVICE, SERVICE_PASSWORD, Branch, SlapdServer
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.adapters.directory.ldap_connection import (
    LdapServer,
    LdapSession,
    open_connection,
    secure_connection,
)
from ivr.adapters.directory.ldap_tls import START_TLS, _agrees
from ivr.ports.errors import PortError

AGREED = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
BOUND = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
LIMIT_S = 0.3


@contextmanager
def scripted(script: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that treats one connection by ``script`` and then keeps it open, silent."""
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            client, _ = listener.accept()
            with client:
                script(client)
                over.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def server_at(port: int, authority: Authority, *, start_tls: bool = False) -> LdapServer:
    return LdapServer(
        url=f"{'ldap' if start_tls else 'ldaps'}://127.0.0.1:{port}",
        start_tls=start_tls,
        bind_dn=SERVICE,
        password=SERVICE_PASSWORD,
        ca_file=authority.file,
        connect_s=LIMIT_S,
        read_s=LIMIT_S,
    )


def silent(client: socket.socket) -> None:
    """Accepts, and says nothing."""


def half_a_handshake(client: socket.socket) -> None:
    client.recv(4096)
    client.sendall(b"\x16\x03\x03\x00\x7a\x02\x00")


def slow_drip(client: socket.socket) -> None:
    """A byte now and then, each of which would start a limit for single reads anew."""
    client.recv(4096)
    for byte in b"\x16\x03\x03\x00\x7a" + b"\x02" * 40:
        client.sendall(bytes([byte]))
        time.sleep(LIMIT_S / 3)


def agree_and_freeze(client: socket.socket) -> None:
    client.recv(4096)
    client.sendall(AGREED)


def half_an_agreement(client: socket.socket) -> None:
    client.recv(4096)
    client.sendall(AGREED[:5])


@pytest.mark.parametrize(
    ("script", "start_tls"),
    [
        (silent, False),
        (silent, True),
        (half_a_handshake, False),
        (slow_drip, False),
        (agree_and_freeze, True),
        (half_an_agreement, True),
    ],
)
def test_server_that_freezes_at_any_point_before_tls_is_there_costs_the_limit_and_no_more(
    authority: Authority, script: Callable[[socket.socket], None], start_tls: bool
) -> None:
    with scripted(script) as port:
        begun = time.monotonic()
        with pytest.raises(PortError, match="directory_slow"):
            open_connection(server_at(port, authority, start_tls=start_tls))
        assert LIMIT_S * 0.9 < time.monotonic() - begun < LIMIT_S * 2.5


def test_libldap_alone_waits_for_ever_for_the_same_server(authority: Authority) -> None:
    with scripted(half_a_handshake) as port:
        connection = ldap.initialize(f"ldaps://127.0.0.1:{port}")
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, LIMIT_S)
        connection.set_option(ldap.OPT_TIMEOUT, LIMIT_S)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(authority.file))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)

        def bind() -> None:
            with suppress(ldap.LDAPError):
                connection.simple_bind_s(SERVICE, SERVICE_PASSWORD)

        thread = threading.Thread(target=bind, daemon=True)
        thread.start()
        thread.join(LIMIT_S * 4)
        assert thread.is_alive(), "the limits of libldap have begun to work; ldap_tls may go"


def over_tls(
    authority: Authority, script: Callable[[ssl.SSLSocket], None]
) -> Callable[[socket.socket], None]:
    certificate, key = authority.server("scripted", ip="127.0.0.1")

    def secured(client: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with context.wrap_socket(client, server_side=True) as tls:
            script(tls)
            time.sleep(LIMIT_S * 4)

    return secured


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        (ssl.TLSVersion.TLSv1, False),
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
    ],
)
def test_server_that_only_speaks_tls_older_than_1_2_is_refused(
    authority: Authority, version: ssl.TLSVersion, accepted: bool
) -> None:
    certificate, key = authority.server("old", ip="127.0.0.1")
    got = bytearray()

    def old(client: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with context.wrap_socket(client, server_side=True) as tls:
            got.extend(tls.recv(4096))
            tls.sendall(BOUND)

    with warnings.catch_warnings(), scripted(old) as port:
        warnings.simplefilter("ignore", DeprecationWarning)
        if accepted:
            open_connection(server_at(port, authority)).unbind_ext_s()
            assert SERVICE_PASSWORD.encode() in got
        else:
            with pytest.raises(PortError, match="tls_refused"):
                open_connection(server_at(port, authority))
            assert got == b""


def test_server_that_freezes_between_handshake_and_bind_costs_the_limit(
    authority: Authority,
) -> None:
    with scripted(over_tls(authority, lambda tls: None)) as port:
        begun = time.monotonic()
        with pytest.raises(PortError, match="directory_slow"):
            open_connection(server_at(port, authority))
        assert time.monotonic() - begun < LIMIT_S * 2.5


@pytest.mark.parametrize("cut", range(1, 14, 4))
def test_server_that_freezes_in_the_middle_of_an_answer_costs_the_limit(
    authority: Authority, cut: int
) -> None:
    def bound_then_half(tls: ssl.SSLSocket) -> None:
        tls.recv(4096)
        tls.sendall(BOUND)
        tls.recv(4096)
        tls.sendall(BOUND[:cut])

    with scripted(over_tls(authority, bound_then_half)) as port:
        connection = open_connection(server_at(port, authority))
        session = LdapSession(connection, read_s=LIMIT_S, fresh=True)
        begun = time.monotonic()
        with pytest.raises(PortError) as caught:
            session.modify("cn=x", [(ldap.MOD_REPLACE, "cn", [b"y"])])
        assert time.monotonic() - begun < LIMIT_S * 3
        assert caught.value.unknown_outcome
        assert session.lost
        connection.unbind_ext_s()


@pytest.mark.parametrize(
    "answer",
    [
        b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00",  # protocolError
        b"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00",  # another message
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",  # a BindResponse
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x80",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        AGREED + BOUND,  # what follows the agreement in plain is no TLS
    ],
)
def test_start_tls_that_is_not_agreed_to_exactly_ends_before_anything_else_is_sent(
    authority: Authority, answer: bytes
) -> None:
    got = bytearray()

    def answered(client: socket.socket) -> None:
        got.extend(client.recv(4096))
        client.sendall(answer)
        client.settimeout(LIMIT_S)
        with suppress(OSError):
            while data := client.recv(4096):
                got.extend(data)

    with scripted(answered) as port:
        with pytest.raises(PortError, match="tls_refused"):
            open_connection(server_at(port, authority, start_tls=True))
        assert got.startswith(START_TLS)
        assert SERVICE_PASSWORD.encode() not in got
        assert got[len(START_TLS) : len(START_TLS) + 2] in (b"", b"\x16\x03", b"\x15\x03")


@given(st.binary(max_size=60))
@example(AGREED[2:])
def test_only_success_to_the_first_message_is_agreement(message: bytes) -> None:
    exact = message[:4] == b"\x02\x01\x01\x78" and b"\x0a\x01\x00" in message
    assert not _agrees(message) or exact


def test_agreement_is_known_in_short_and_in_long_form() -> None:
    assert _agrees(AGREED[2:])
    assert _agrees(b"\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00")


def carriers() -> int:
    return sum(thread.name == "ldap-tls" for thread in threading.enumerate())


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def settled(count: Callable[[], int], wanted: int) -> int:
    for _ in range(100):
        if count() <= wanted:
            break
        time.sleep(0.02)
    return count()


def test_closed_connections_leave_neither_thread_nor_open_file(
    slapd_server: SlapdServer, authority: Authority
) -> None:
    server = server_at(slapd_server.port, slapd_server.authority)
    secure_connection(server).unbind_ext_s()
    threads, files = settled(carriers, 0), open_files()
    for _ in range(20):
        secure_connection(server).unbind_ext_s()
        with pytest.raises(PortError, match="certificate_refused"):
            secure_connection(server_at(slapd_server.port, authority))
    assert settled(carriers, threads) <= threads
    assert settled(open_files, files) <= files


def test_answer_of_a_megabyte_comes_whole(slapd_branch: Branch) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", description="x" * 1_000_000)
    server = server_at(slapd_branch.server.port, slapd_branch.server.authority)
    connection = open_connection(server)
    session = LdapSession(connection, read_s=5, fresh=True)
    found = session.search(slapd_branch.dn, filterstr="(uid=ana)", attributes=["description"])
    assert found[0].first("description") == "x" * 1_000_000
    connection.unbind_ext_s()
