"""A private OpenLDAP server for the tests, and a branch of people of its own for each test."""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ldap
import ldap.modlist
import pytest
from argon2 import PasswordHasher
from certificates import Authority
from tcp_wire import TcpWire

from ivr.adapters.directory.openldap import OpenLdapDirectory

SUFFIX = "dc=ms,dc=example"
SERVICE = f"cn=ivr,ou=servicos,{SUFFIX}"
SERVICE_PASSWORD = "Conta-Do-Telefone-5512"
ROOT = f"cn=root,{SUFFIX}"
ROOT_PASSWORD = "Raiz-Do-Teste-7780"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""Now, by the clock of the directories here."""
FIRST = "Primeira-Senha-2026"
STRICT_POLICY = f"cn=strict,ou=policies,{SUFFIX}"
"""Locks after three wrong passwords; the default policy counts none."""
DISABLED = "(demoSituacao=desativado)"
PRIVILEGED_GROUP = f"cn=administradores,ou=grupos,{SUFFIX}"

SCHEMA = """
attributetype ( 1.3.6.1.4.1.4203.666.77.1 NAME 'demoCpf' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.77.2 NAME 'demoMatricula' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.77.3 NAME 'demoCelularEm' EQUALITY generalizedTimeMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.77.4 NAME 'demoSituacao' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.77.10 NAME 'demoServidor' AUXILIARY
  MAY ( demoCpf $ demoMatricula $ demoCelularEm $ demoSituacao ) )
"""

CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {folder}/demo.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload argon2 m=64 t=3
pidfile {folder}/slapd.pid
TLSCACertificateFile {ca}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
password-hash {{ARGON2}}
security simple_bind=128
database mdb
suffix "{suffix}"
rootdn "{root}"
rootpw {root_password}
directory {folder}/data
maxsize 67108864
dbnosync
index objectClass,uid,demoCpf,demoMatricula eq
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{suffix}"
ppolicy_hash_cleartext
access to dn.base="" by * read
access to filter={disabled} attrs=userPassword
  by dn.exact="{service}" =w
  by * none
access to attrs=userPassword
  by dn.exact="{service}" =w
  by self =w
  by anonymous auth
  by * none
access to attrs=pwdAccountLockedTime,pwdReset,employeeType
  by dn.exact="{service}" write
  by * none
access to *
  by dn.exact="{service}" read
  by * none
"""

POLICY = {
    "objectClass": ["device", "pwdPolicy"],
    "pwdAttribute": "userPassword",
    "pwdLockout": "TRUE",
    "pwdLockoutDuration": "0",
    "pwdFailureCountInterval": "900",
    "pwdMustChange": "TRUE",
    "pwdMinLength": "12",
    "pwdMaxLength": "100",
    "pwdCheckQuality": "2",
    "pwdInHistory": "4",
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class SlapdServer:
    """slapd as a child process, in a folder of its own, on two ports of 127.0.0.1.

    ``certificate``: files of the certificate and key; without them, a good one of ``authority``.
    """

    def __init__(self, folder: Path, *, certificate: tuple[Path, Path] | None = None) -> None:
        self.folder = folder
        self.authority = Authority(folder / "ca")
        self.port, self.plain_port = free_port(), free_port()
        self._branches = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        pair = certificate or self.authority.server("slapd", ip="127.0.0.1")
        (folder / "data").mkdir()
        (folder / "demo.schema").write_text(SCHEMA)
        (folder / "service.password").write_text(SERVICE_PASSWORD + "\n")
        (folder / "slapd.conf").write_text(
            CONF.format(
                folder=folder,
                ca=self.authority.file,
                certificate=pair[0],
                key=pair[1],
                suffix=SUFFIX,
                root=ROOT,
                root_password=ROOT_PASSWORD,
                service=SERVICE,
                disabled=DISABLED,
            )
        )
        self._seed()
        self.start()

    def start(self) -> None:
        program = shutil.which("slapd") or "/usr/sbin/slapd"
        urls = f"ldap://127.0.0.1:{self.plain_port} ldaps://127.0.0.1:{self.port}"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-f", str(self.folder / "slapd.conf"), "-h", urls, "-d", "0"],
                stdout=log,
                stderr=log,
            )
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)
        raise AssertionError("slapd does not answer")

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def suspend(self) -> None:
        """Stop it without ending it; returns once every thread of it stands."""
        self.send(signal.SIGSTOP)
        assert self._process is not None
        tasks = Path(f"/proc/{self._process.pid}/task")
        for _ in range(500):
            states = [
                (t / "stat").read_text().rsplit(")", 1)[1].split()[0] for t in tasks.iterdir()
            ]
            if set(states) == {"T"}:
                return
            time.sleep(0.002)
        raise AssertionError("slapd does not stop")

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def connect(self, dn: str, password: str) -> Any:
        """A bound connection, which the caller closes. Raises ldap.LDAPError."""
        connection = ldap.initialize(f"ldaps://127.0.0.1:{self.port}")
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.authority.file))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(dn, password)
        return connection

    def as_root(self) -> Any:
        return self.connect(ROOT, ROOT_PASSWORD)

    def branch(self) -> Branch:
        """A new branch without people."""
        return Branch(self, f"ou=ramo{next(self._branches)},{SUFFIX}")

    def _seed(self) -> None:
        hashed = hash_of(SERVICE_PASSWORD)
        entries: dict[str, Mapping[str, Any]] = {
            SUFFIX: {"objectClass": ["organization", "dcObject"], "o": "Demo", "dc": "ms"},
            f"ou=policies,{SUFFIX}": {"objectClass": "organizationalUnit"},
            f"ou=servicos,{SUFFIX}": {"objectClass": "organizationalUnit"},
            f"ou=grupos,{SUFFIX}": {"objectClass": "organizationalUnit"},
            f"cn=default,ou=policies,{SUFFIX}": {**POLICY, "pwdMaxFailure": "0"},
            STRICT_POLICY: {**POLICY, "pwdMaxFailure": "3"},
            SERVICE: {
                "objectClass": ["applicationProcess", "simpleSecurityObject"],
                "userPassword": hashed,
            },
            PRIVILEGED_GROUP: {"objectClass": "groupOfNames", "member": ROOT},
        }
        lines: list[str] = []
        for dn, values in entries.items():
            lines.append(f"dn: {dn}")
            for name, value in values.items():
                lines += [f"{name}: {v}" for v in ([value] if isinstance(value, str) else value)]
            lines.append("")
        ldif = self.folder / "seed.ldif"
        ldif.write_text("\n".join(lines))
        done = subprocess.run(
            ["/usr/sbin/slapadd", "-q", "-f", str(self.folder / "slapd.conf"), "-l", str(ldif)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


class Branch:
    """An organisational unit with people of one test."""

    def __init__(self, server: SlapdServer, dn: str) -> None:
        self.server = server
        self.dn = dn
        self.root = server.as_root()
        self.root.add_s(dn, [("objectClass", [b"organizationalUnit"])])

    def dn_of(self, uid: str) -> str:
        return f"uid={uid},{self.dn}"

    def add(self, uid: str, password: str, **values: str | None) -> None:
        """Add a person; ``values`` are attributes beside the usual ones, None leaves one out."""
        person: dict[str, str | None] = {
            "cn": f"{uid.title()} Exemplo",
            "sn": "Exemplo",
            "mail": f"{uid}@demo.ms.gov.br.invalid",
            "mobile": "+55 67 99999-0002",
            "userPassword": hash_of(password),
            **values,
        }
        given = {name: [value.encode()] for name, value in person.items() if value is not None}
        classes = [b"inetOrgPerson", b"demoServidor"]
        self.root.add_s(self.dn_of(uid), ldap.modlist.addModlist({"objectClass": classes, **given}))

    def values(self, uid: str, attribute: str) -> list[bytes]:
        """Values of an attribute, operational ones too, as the root account sees them."""
        rows = self.root.search_s(self.dn_of(uid), ldap.SCOPE_BASE, attrlist=[attribute])
        return list(rows[0][1].get(attribute, []))

    def opens(self, uid: str, password: str) -> bool:
        """Whether a bind with this password succeeds."""
        try:
            self.server.connect(self.dn_of(uid), password).unbind_s()
        except ldap.INVALID_CREDENTIALS:
            return False
        return True

    def versions(self) -> set[bytes]:
        """The change number of every entry: another set after any change."""
        rows = self.root.search_s(self.dn, ldap.SCOPE_SUBTREE, attrlist=["entryCSN"])
        return {row[1]["entryCSN"][0] for row in rows}

    def config(self, **changes: object) -> dict[str, object]:
        """Of a directory of this branch, as it would stand in the TOML file."""
        return {
            "url": f"ldaps://127.0.0.1:{self.server.port}",
            "ca_file": str(self.server.authority.file),
            "bind_dn": SERVICE,
            "password_file": str(self.server.folder / "service.password"),
            "base": self.dn,
            "attributes": {
                "cpf": "demoCpf",
                "matricula": "demoMatricula",
                "mobile_changed_at": "demoCelularEm",
            },
            "marker_attribute": "employeeType",
            "disabled_filter": DISABLED,
            "privileged_groups": [PRIVILEGED_GROUP],
            "policy_dn": f"cn=default,ou=policies,{SUFFIX}",
            **changes,
        }


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


def hash_of(password: str) -> str:
    """A cheap Argon2id hash, as slapd stores it."""
    return "{ARGON2}" + PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def make_server(**options: Any) -> SlapdServer:
    return SlapdServer(Path(tempfile.mkdtemp(prefix="ivr-slapd-")), **options)


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
    """The people of the contract, behind a wire that can be cut."""
    branch, changed = slapd_branch, {"demoCelularEm": "20260301120000Z"}
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
    config = branch.config(url=f"ldaps://127.0.0.1:{wire.port}")
    directory = OpenLdapDirectory.from_config("mail", config, clock=FrozenClock())

    def lose() -> None:
        before = branch.versions()
        wire.cut_when = lambda: branch.versions() != before

    yield OpenLdapHouse(
        directory=directory, opens=branch.opens, lose_next_answer=lose, go_down=wire.close
    )
    directory.pool.close()
    wire.close()
