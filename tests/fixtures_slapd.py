"""Fixtures with a private OpenLDAP server, and the people of the directory's contract in it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import ldap
import pytest
from slapd_server import (
    DECOY,
    FIRST,
    NOW,
    PRIVILEGED_GROUP,
    ROOT,
    ROOT_PASSWORD,
    SERVICE,
    SERVICE_PASSWORD,
    STRICT_POLICY,
    SUFFIX,
    Branch,
    SlapdServer,
    hash_of,
    make_server,
)
from tcp_wire import TcpWire

from ivr.adapters.directory.openldap import OpenLdapDirectory

__all__ = [
    "DECOY",
    "FIRST",
    "NOW",
    "PRIVILEGED_GROUP",
    "ROOT",
    "ROOT_PASSWORD",
    "SERVICE",
    "SERVICE_PASSWORD",
    "STRICT_POLICY",
    "SUFFIX",
    "Branch",
    "SlapdServer",
    "hash_of",
    "make_server",
]


@dataclass(frozen=True, kw_only=True)
class OpenLdapHouse:
    """What the contract of the directory asks of a connector's world."""

    directory: OpenLdapDirectory
    opens: Callable[[str, str], bool]
    lose_next_answer: Callable[[], None]
    go_down: Callable[[], None]


class FrozenClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="session")
def slapd_server() -> Iterator[SlapdServer]:
    server = make_server()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def slapd_alone() -> Iterator[SlapdServer]:
    """A server that a test may stop, suspend or kill."""
    server = make_server()
    try:
        yield server
    finally:
        server.send(signal.SIGCONT)
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def slapd_branch(slapd_server: SlapdServer) -> Iterator[Branch]:
    branch = slapd_server.branch()
    yield branch
    branch.root.unbind_s()


@pytest.fixture
def openldap_house(slapd_branch: Branch) -> Iterator[OpenLdapHouse]:
    with house_of(slapd_branch, slapd_branch.config()) as house:
        yield house


@pytest.fixture
def openldap_noted_house(slapd_branch: Branch) -> Iterator[OpenLdapHouse]:
    """Where accounts have no attribute for a marker."""
    with house_of(slapd_branch, slapd_branch.noted_config()) as house:
        yield house


@contextmanager
def house_of(branch: Branch, config: Mapping[str, object]) -> Iterator[OpenLdapHouse]:
    """The people of the contract, behind a wire that can be cut."""
    changed = {"demoCelularEm": "20260301120000Z"}
    people: dict[str, dict[str, str | None]] = {
        "ana": {"demoCpf": "12345678909", "demoMatricula": "100013", "mobile": "(67) 99999-0001"},
        "clara": {
            "demoCpf": "11122233396",
            "demoMatricula": "100030",
            "pwdAccountLockedTime": "20260302110000Z",
        },
        "davi": {
            "demoCpf": "222.333.444-05",
            "demoMatricula": "100048",
            "demoSituacao": "desativado",
        },
        "elisa": {"demoCpf": "33344455508", "demoMatricula": "100056"},
        "fabio": {"demoCpf": "44455566619", "demoMatricula": "100064", "mobile": None},
        "gemea1": {"demoCpf": "55566677720", "demoMatricula": "30015"},
        "gemea2": {"demoCpf": "66677788830", "demoMatricula": "30015"},
    }
    for uid, values in people.items():
        branch.add(uid, FIRST, **{**changed, **values})
    member = branch.dn_of("elisa").encode()
    branch.root.modify_s(PRIVILEGED_GROUP, [(ldap.MOD_ADD, "member", [member])])
    wire = TcpWire(branch.server.port)
    wired = {**config, "url": f"ldaps://127.0.0.1:{wire.port}"}
    directory = OpenLdapDirectory.from_config("mail", wired, clock=FrozenClock())

    def lose() -> None:
        before = branch.versions()
        wire.cut_when = lambda: branch.versions() != before

    yield OpenLdapHouse(
        directory=directory, opens=branch.opens, lose_next_answer=lose, go_down=wire.close
    )
    directory.pool.close()
    wire.close()
