"""A provider and a replica that lags: what is told as done was read where it was written."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import ldap
import pytest
from adapters.directory.ldap_chaos import MODES, build, times_set
from fixtures_slapd import FIRST, ROOT, ROOT_PASSWORD, SUFFIX, Branch, SlapdServer, make_server
from tcp_wire import TcpWire

from ivr.adapters.directory.openldap import OpenLdapDirectory
from ivr.ports.errors import PortError

OTHER = "Capivara-Azul-Voa-77"
PROVIDER = """
moduleload syncprov
overlay syncprov
"""
CONSUMER = """
syncrepl rid=001 provider=ldaps://127.0.0.1:{wire} type=refreshAndPersist
  searchbase="{suffix}" bindmethod=simple binddn="{root}" credentials={password}
  tls_cacert={ca} retry="1 +"
updateref ldaps://127.0.0.1:{provider}
"""


@dataclass
class Pair:
    """``wire``: by which the consumer hears of changes."""

    provider: SlapdServer
    consumer: SlapdServer
    wire: TcpWire

    def hold(self) -> None:
        """The consumer hears of nothing more, and goes on answering."""
        self.wire.close()

    def at_consumer(self, branch: Branch, mode: str) -> OpenLdapDirectory:
        url, ca = f"ldaps://127.0.0.1:{self.consumer.port}", str(self.consumer.authority.file)
        return build(branch, mode, url=url, ca_file=ca)


@pytest.fixture
def pair() -> Iterator[Pair]:
    provider = make_server(more=PROVIDER)
    wire = TcpWire(provider.port)
    more = CONSUMER.format(
        wire=wire.port,
        suffix=SUFFIX,
        root=ROOT,
        password=ROOT_PASSWORD,
        ca=provider.authority.file,
        provider=provider.port,
    )
    consumer = make_server(more=more, empty=True)
    try:
        yield Pair(provider, consumer, wire)
    finally:
        wire.close()
        for server in (consumer, provider):
            server.kill()
            shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def branch(pair: Pair) -> Branch:
    made = pair.provider.branch()
    made.add("ana", FIRST, demoCpf="12345678909")
    return made


def soon(fact: Callable[[], bool]) -> bool:
    """Whether it comes true; until the replica has the service's account, it refuses it."""
    for _ in range(200):
        with suppress(PortError):
            if fact():
                return True
        time.sleep(0.05)
    return False


def opens_at(server: SlapdServer, branch: Branch, password: str) -> bool:
    try:
        server.connect(branch.dn_of("ana"), password).unbind_s()
    except ldap.INVALID_CREDENTIALS:
        return False
    return True


@pytest.mark.parametrize("mode", MODES)
def test_change_is_told_by_the_server_that_made_it_while_the_replica_knows_nothing(
    pair: Pair, branch: Branch, mode: str
) -> None:
    directory, behind = build(branch, mode), pair.at_consumer(branch, mode)
    assert soon(lambda: behind.get("ana") is not None), "replication works"
    pair.hold()
    directory.reset(uid="ana", password=OTHER, marker="job:1", must_change=False)
    assert directory.applied(uid="ana", marker="job:1")
    assert pair.provider.connect(branch.dn_of("ana"), OTHER)
    assert not opens_at(pair.consumer, branch, OTHER)
    # The control: whoever read back on the replica would think that nothing was done.
    assert not behind.applied(uid="ana", marker="job:1")
    # No retry that starts there writes a second time.
    directory.reset(uid="ana", password="Outra-Vez-Nao-99", marker="job:1", must_change=False)
    assert times_set(branch, "ana") == 1


@pytest.mark.parametrize("mode", MODES)
def test_replica_that_is_asked_to_write_is_an_error_and_never_a_done(
    pair: Pair, branch: Branch, mode: str
) -> None:
    behind = pair.at_consumer(branch, mode)
    assert soon(lambda: behind.get("ana") is not None)
    for change in (
        lambda: behind.reset(uid="ana", password=OTHER, marker="job:1", must_change=True),
        lambda: behind.unlock(uid="ana", marker="job:2"),
    ):
        with pytest.raises(PortError, match="read_only_server") as caught:
            change()
        assert caught.value.permanent
    assert times_set(branch, "ana") == 0
    assert not build(branch, mode).applied(uid="ana", marker="job:1")


def test_check_of_a_replica_says_that_it_does_not_write(pair: Pair, branch: Branch) -> None:
    behind = pair.at_consumer(branch, "marker_attribute")
    assert soon(lambda: behind.get("ana") is not None)
    wrong = [one for one in behind.check() if one.grade == "erro"]
    assert any("a mudança de prova não foi recusada" in one.what for one in wrong), wrong
