"""The LDAP connection: verified before any secret is sent, and bounded in time."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority
from fixtures_slapd import (
    FIRST,
    SERVICE_PASSWORD,
    Branch,
    FrozenClock,
    SlapdServer,
    make_server,
)
from tcp_wire import TcpWire

from ivr.adapters.directory.ldap_breaker import Breaker
from ivr.adapters.directory.ldap_connection import LdapPool, LdapServer, open_connection
from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"


def build(branch: Branch, **changes: object) -> OpenLdapDirectory:
    return OpenLdapDirectory.from_config("mail", branch.config(**changes), clock=FrozenClock())


def server_at(port: int, ca_file: Path, *, host: str = "127.0.0.1") -> LdapServer:
    return LdapServer(
        url=f"ldaps://{host}:{port}", bind_dn="cn=x", password=SERVICE_PASSWORD, ca_file=ca_file
    )


@pytest.fixture
def ana(slapd_alone: SlapdServer) -> Branch:
    branch = slapd_alone.branch()
    branch.add("ana", FIRST, demoCpf="12345678909", demoMatricula="100013")
    return branch


@pytest.mark.parametrize("warm", [True, False], ids=["bound before", "never connected"])
def test_server_that_hangs_is_an_error_within_five_seconds(
    ana: Branch, slapd_alone: SlapdServer, warm: bool
) -> None:
    directory = build(ana)
    if warm:
        assert directory.get("ana") is not None
    slapd_alone.suspend()
    begun = time.monotonic()
    with pytest.raises(PortError) as caught:
        directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert time.monotonic() - begun < 5
    assert not caught.value.permanent
    assert not caught.value.unknown_outcome, "nothing was sent that could change anything"
    slapd_alone.send(signal.SIGCONT)
    assert directory.get("ana") is not None, "the dead connection must have been discarded"
    assert not directory.applied(uid="ana", marker="job:1")


def test_start_tls_on_a_server_that_hangs_is_an_error_within_five_seconds(
    ana: Branch, slapd_alone: SlapdServer
) -> None:
    directory = build(ana, url=f"ldap://127.0.0.1:{slapd_alone.plain_port}", start_tls=True)
    slapd_alone.suspend()
    begun = time.monotonic()
    with pytest.raises(PortError):
        directory.get("ana")
    assert time.monotonic() - begun < 5


def test_killed_server_is_an_error_at_once_and_works_again_after_a_restart(
    ana: Branch, slapd_alone: SlapdServer
) -> None:
    directory = build(ana)
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    slapd_alone.kill()
    begun = time.monotonic()
    for _ in range(6):
        with pytest.raises(PortError) as caught:
            directory.get("ana")
        assert not caught.value.permanent
    assert time.monotonic() - begun < 2
    slapd_alone.start()
    again = build(ana)
    assert again.applied(uid="ana", marker="job:1")


def test_start_tls_works_and_sends_no_secret_in_plain(
    slapd_branch: Branch, slapd_server: SlapdServer
) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909")
    wire = TcpWire(slapd_server.plain_port)
    directory = build(slapd_branch, url=f"ldap://127.0.0.1:{wire.port}", start_tls=True)
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert slapd_branch.opens("ana", OTHER)
    for secret in (OTHER, SERVICE_PASSWORD, "12345678909", "cn=ivr"):
        assert secret.encode() not in wire.sent
    wire.close()


@pytest.fixture(scope="module")
def badly_named() -> Iterator[dict[str, SlapdServer]]:
    """Servers whose certificates are wrong in one way each."""
    folder = Path(make_folder())
    authority = Authority(folder / "ca")
    servers = {
        "wrong name": authority.server("other", dns="ldap.outro.example"),
        "wrong address": authority.server("address", ip="127.0.0.9"),
        "expired": authority.server("old", ip="127.0.0.1", expired=True),
    }
    running = {name: make_server(certificate=pair) for name, pair in servers.items()}
    for server in running.values():
        server.trusted = authority.file  # type: ignore[attr-defined]
    yield running
    for server in running.values():
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def make_folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="ivr-ca-")


def refused(port: int, ca_file: Path) -> tuple[str, bytes]:
    """The reason of the refusal, and all that was sent before it."""
    wire = TcpWire(port)
    try:
        with pytest.raises(PortError) as caught:
            open_connection(server_at(wire.port, ca_file))
    finally:
        wire.close()
    return caught.value.reason, bytes(wire.sent)


@pytest.mark.parametrize("fault", ["wrong name", "wrong address", "expired"])
def test_bad_certificate_is_refused_before_any_secret_is_sent(
    badly_named: dict[str, SlapdServer], fault: str
) -> None:
    server = badly_named[fault]
    reason, sent = refused(server.port, server.trusted)  # type: ignore[attr-defined]
    assert reason == "certificate_refused"
    assert_only_a_handshake(sent)


def test_unknown_authority_is_refused_before_any_secret_is_sent(
    slapd_server: SlapdServer, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger")
    reason, sent = refused(slapd_server.port, stranger.file)
    assert reason == "certificate_refused"
    assert_only_a_handshake(sent)


def test_good_certificate_is_accepted_on_the_same_path(slapd_server: SlapdServer) -> None:
    wire = TcpWire(slapd_server.port)
    with pytest.raises(PortError, match="bind_refused"):
        open_connection(server_at(wire.port, slapd_server.authority.file))
    assert len(application_data(bytes(wire.sent))) >= 2
    wire.close()


def test_plain_port_is_refused_before_any_secret_is_sent(slapd_server: SlapdServer) -> None:
    reason, sent = refused(slapd_server.plain_port, slapd_server.authority.file)
    assert reason in ("tls_refused", "directory_down")
    assert_only_a_handshake(sent)


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("ldap://127.0.0.1", False),
        ("ldaps://127.0.0.1", True),
        ("127.0.0.1", False),
        ("ldapi:///", False),
        ("ldaps://", False),
    ],
)
def test_url_that_could_go_in_plain_is_no_server(url: str, start_tls: bool, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="url"):
        LdapServer(url=url, start_tls=start_tls, bind_dn="cn=x", password="y", ca_file=tmp_path)


def test_empty_password_is_no_bind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="password"):
        LdapServer(url="ldaps://x", bind_dn="cn=x", password="", ca_file=tmp_path)


def test_password_of_the_server_is_in_no_repr(tmp_path: Path) -> None:
    assert SERVICE_PASSWORD not in repr(server_at(1, tmp_path))


def test_breaker_refuses_at_once_then_lets_one_try_pass() -> None:
    now = [100.0]
    breaker = Breaker(monotonic=lambda: now[0], limit=3, pause_s=5)
    for _ in range(2):
        breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    now[0] += 5
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.worked()
    assert breaker.allows()


def test_pool_does_not_try_a_dead_server_again_and_again(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    wire = TcpWire(1)
    pool = LdapPool(server_at(wire.port, authority.file), monotonic=lambda: 0.0)
    for _ in range(10):
        with pytest.raises(PortError), pool.session():
            pass
    assert wire.accepted == 3
    wire.close()


def application_data(sent: bytes) -> list[bytes]:
    """TLS records of type 23 that the client sent (RFC 8446 §5.1); in TLS 1.3 one of them is the
    end of the handshake."""
    found, rest = [], sent
    while len(rest) >= 5 and rest[1] == 3:
        length = int.from_bytes(rest[3:5], "big")
        if rest[0] == 23:
            found.append(rest[: 5 + length])
        rest = rest[5 + length :]
    return found


def assert_only_a_handshake(sent: bytes) -> None:
    """Nothing in plain, and no record long enough for a bind besides the handshake's end."""
    assert sent[:2] in (b"\x16\x03", b"")
    assert SERVICE_PASSWORD.encode() not in sent
    assert len(application_data(sent)) <= 1
