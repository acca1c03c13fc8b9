"""A private OpenLDAP server for the tests, and a branch of people of its own in it."""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ldap
import ldap.modlist
from argon2 import PasswordHasher
from certificates import Authority

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
DECOY = f"cn=ninguem,ou=servicos,{SUFFIX}"
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
access to attrs=pwdHistory
  by * none
access to dn.regex="^(cn=[^,]+,)?ou=notas,"
  by dn.exact="{service}" write
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
    ``more``: lines at the end of its configuration. ``empty``: begin without any entry.
    """

    def __init__(
        self,
        folder: Path,
        *,
        certificate: tuple[Path, Path] | None = None,
        more: str = "",
        empty: bool = False,
    ) -> None:
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
            + more
        )
        if not empty:
            self._seed()
        self.start()

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

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
            DECOY: {
                "objectClass": ["applicationProcess", "simpleSecurityObject"],
                "userPassword": hash_of("Ninguem-A-Conhece-3391"),
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
        self.notes = f"ou=notas,{dn}"
        self.root = server.as_root()
        for name in (dn, self.notes):
            self.root.add_s(name, [("objectClass", [b"organizationalUnit"])])

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
        """The change number of every person: another set after any change."""
        people = "(objectClass=inetOrgPerson)"
        rows = self.root.search_s(self.dn, ldap.SCOPE_SUBTREE, people, ["entryCSN"])
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
            "decoy_dn": DECOY,
            **changes,
        }

    def noted_config(self, **changes: object) -> dict[str, object]:
        """The same, where accounts have no attribute for a marker."""
        return self.config(marker_attribute="", notes_base=self.notes, **changes)


def hash_of(password: str) -> str:
    """A cheap Argon2id hash, as slapd stores it."""
    return "{ARGON2}" + PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def make_server(**options: Any) -> SlapdServer:
    return SlapdServer(Path(tempfile.mkdtemp(prefix="ivr-slapd-")), **options)
