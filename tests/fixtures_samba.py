"""A real Active Directory domain (Samba) and its people, as new for each test."""

from __future__ import annotations

import os
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import ldap
import pytest
from samba_domain import (
    ADMIN,
    ADMIN_PASSWORD,
    ALLOWED_FAILURES,
    DENIED_GROUP,
    NESTED_GROUP,
    PEOPLE,
    RECIPE,
    SERVICE,
    SERVICE_PASSWORD,
    SambaDomain,
    package_version,
    provision,
    run,
    why_not,
)
from tcp_wire import TcpWire

from ivr.adapters.directory.active_directory import ActiveDirectory

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""Now, by the clock of the directories here."""
FIRST = "Primeira-Senha-2026"
EVERYBODY: dict[str, dict[str, str]] = {
    "ana": {"employeeID": "12345678909", "employeeNumber": "100013", "mobile": "(67) 99999-0001"},
    "clara": {"employeeID": "11122233396", "employeeNumber": "100030"},
    "davi": {
        "employeeID": "222.333.444-05",
        "employeeNumber": "100048",
        "userAccountControl": "514",
    },
    "elisa": {"employeeID": "33344455508", "employeeNumber": "100056"},
    "fabio": {"employeeID": "44455566619", "employeeNumber": "100064", "mobile": ""},
    "gemea1": {"employeeID": "55566677720", "employeeNumber": "30015"},
    "gemea2": {"employeeID": "66677788830", "employeeNumber": "30015"},
}
AGE_PASSWORD = """
import ldb, sys
from samba import auth, param, samdb
settings = param.LoadParm()
settings.load(sys.argv[2])
database = samdb.SamDB(sys.argv[1], session_info=auth.system_session(settings), lp=settings)
message = ldb.Message(ldb.Dn(database, sys.argv[3]))
message["pwdLastSet"] = ldb.MessageElement("132000000000000000", ldb.FLAG_MOD_REPLACE, "pwdLastSet")
database.modify(message, controls=["local_oid:1.3.6.1.4.1.7165.4.3.20:0"])
"""
"""The control is DSDB_CONTROL_PASSWORD_BYPASS_LAST_SET_OID."""
LOCKED, PRIVILEGED = "clara", "elisa"


class People:
    """The people of the contract, as new for each test: who was touched is made anew."""

    def __init__(self, domain: SambaDomain) -> None:
        self.domain = domain
        self.admin = domain.connect(ADMIN, ADMIN_PASSWORD)
        self._untouched: dict[str, bytes] = {}

    def dn(self, uid: str) -> str:
        return f"CN={uid},{PEOPLE}"

    def renew(self) -> None:
        found = self._versions()
        for uid in found.keys() | EVERYBODY.keys():
            if uid in found and self._untouched.get(uid) == found[uid]:
                continue
            if uid in found:
                self.admin.delete_s(self.dn(uid))
            if uid in EVERYBODY:
                self.add(uid, **EVERYBODY[uid])
        self._untouched = self._versions()

    def add(self, uid: str, **values: str) -> None:
        """Add a person; ``values`` replace the usual ones, an empty one leaves one out."""
        person = {
            "objectClass": "user",
            "sAMAccountName": uid,
            "userAccountControl": "512",
            "displayName": f"{uid.title()} Exemplo",
            "mail": f"{uid}@demo.ms.gov.br.invalid",
            "mobile": "+55 67 99999-0002",
            "comment": "20260301120000.0Z",
            **values,
        }
        rows = [(name, [value.encode()]) for name, value in person.items() if value]
        self.admin.add_s(self.dn(uid), [*rows, ("unicodePwd", [quoted(FIRST)])])
        if uid == PRIVILEGED:
            member = [(ldap.MOD_ADD, "member", [self.dn(uid).encode()])]
            self.admin.modify_s(NESTED_GROUP, member)
        if uid == LOCKED:
            for _ in range(ALLOWED_FAILURES):
                assert not self.opens(uid, "errada")

    def read(self, uid: str, attribute: str) -> bytes | None:
        """The value of an attribute, as an administrator sees it."""
        rows = self.admin.search_s(self.dn(uid), ldap.SCOPE_BASE, attrlist=[attribute])
        return next(iter(rows[0][1].get(attribute, [])), None)

    def write(self, uid: str, attribute: str, value: bytes | None) -> None:
        values = None if value is None else [value]
        self.admin.modify_s(self.dn(uid), [(ldap.MOD_REPLACE, attribute, values)])

    def age_password(self, uid: str) -> None:
        """Make the password older than the domain allows; no LDAP client may do that."""
        own = (self.domain.folder / "domain" / "private" / "sam.ldb", self.domain.settings)
        run("/usr/bin/python3", "-c", AGE_PASSWORD, *own, self.dn(uid))

    def version(self, uid: str) -> bytes:
        """Number of the last change of the entry."""
        return self.read(uid, "uSNChanged") or b""

    def refusal(self, uid: str, password: str) -> str:
        """What a bind with this password is answered; empty when it succeeds."""
        try:
            self.domain.connect(self.dn(uid), password).unbind_s()
        except ldap.INVALID_CREDENTIALS as error:
            return str(error.args[0]["info"])
        return ""

    def opens(self, uid: str, password: str) -> bool:
        return not self.refusal(uid, password)

    def config(self, **changes: object) -> dict[str, object]:
        """Of this directory, as it would stand in the TOML file."""
        password_file = self.domain.folder / "service.password"
        password_file.write_text(SERVICE_PASSWORD + "\n")
        return {
            "url": self.domain.url,
            "ca_file": str(self.domain.ca_file),
            "bind_dn": SERVICE,
            "password_file": str(password_file),
            "base": PEOPLE,
            "attributes": {"mobile_changed_at": "comment"},
            "privileged_groups": [DENIED_GROUP],
            **changes,
        }

    def directory(self, **changes: object) -> ActiveDirectory:
        return ActiveDirectory.from_config("rede", self.config(**changes), clock=FrozenClock())

    def _versions(self) -> dict[str, bytes]:
        names = ["cn", "uSNChanged"]
        rows = self.admin.search_s(PEOPLE, ldap.SCOPE_ONELEVEL, attrlist=names)
        return {values["cn"][0].decode(): values["uSNChanged"][0] for _, values in rows}


class FrozenClock:
    def now(self) -> datetime:
        return NOW


class DomainWire(TcpWire):
    """A wire from 127.0.0.1 to a port of the domain, LDAPS when none is given."""

    def __init__(self, address: str, *, port: int = 636) -> None:
        self._address = address
        super().__init__(port)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((self._address, self._target_port))
            self._sockets += [client, server]
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()


@dataclass(frozen=True, kw_only=True)
class ActiveDirectoryHouse:
    """What the contract of the directory asks of a connector's world."""

    directory: ActiveDirectory
    opens: Callable[[str, str], bool]
    lose_next_answer: Callable[[], None]
    go_down: Callable[[], None]
    history: bool = False
    """Samba 4.17 has no policy hints control, without which a reset ignores the history."""


def quoted(password: str) -> bytes:
    """As ``unicodePwd`` wants it (MS-ADTS §3.1.1.3.1.5.1)."""
    return f'"{password}"'.encode("utf-16-le")


@pytest.fixture(scope="session")
def samba_domain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SambaDomain]:
    """The domain, provisioned once on a machine (kept in pytest's cache), started once a run."""
    reason = why_not()
    if reason is not None:
        pytest.skip(f"Active Directory: {reason}")
    folder = tmp_path_factory.mktemp("samba")
    kept_by_pytest = getattr(request.config, "cache", None)
    cache = Path(kept_by_pytest.mkdir("samba")) if kept_by_pytest else folder
    kept = cache / f"domain-{package_version()}-{RECIPE}.tar"
    if kept.exists():
        # Debian 12's Python 3.11.2 has no extraction filters yet; the archive is our own.
        trusted = {"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}
        with tarfile.open(kept) as tar:
            tar.extractall(folder, **trusted)
    else:
        provision(folder)
        written = kept.with_suffix(f".{os.getpid()}")
        with tarfile.open(written, "w") as tar:
            tar.add(folder / "domain", arcname="domain")
        written.rename(kept)
    domain = SambaDomain(folder)
    try:
        yield domain
    finally:
        domain.stop()


@pytest.fixture(scope="session")
def samba_world(samba_domain: SambaDomain) -> Iterator[People]:
    people = People(samba_domain)
    yield people
    people.admin.unbind_s()


@pytest.fixture
def samba_people(samba_world: People) -> People:
    """Everybody as at first."""
    samba_world.renew()
    return samba_world


@pytest.fixture
def active_directory(samba_people: People) -> Iterator[ActiveDirectory]:
    directory = samba_people.directory()
    yield directory
    directory.pool.close()


@pytest.fixture
def active_directory_house(samba_people: People) -> Iterator[ActiveDirectoryHouse]:
    """The people of the contract, behind a wire that can be cut."""
    people = samba_people
    wire = DomainWire(people.domain.address)
    directory = people.directory(url=f"ldaps://127.0.0.1:{wire.port}")

    def lose() -> None:
        before = people.version("ana")
        wire.cut_when = lambda: people.version("ana") != before

    yield ActiveDirectoryHouse(
        directory=directory, opens=people.opens, lose_next_answer=lose, go_down=wire.close
    )
    directory.pool.close()
    wire.close()
