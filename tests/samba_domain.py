"""A real Active Directory domain (Samba) for the tests, in a network namespace of its own.

LDAP's ports are fixed there (389 and 636), hence the namespace; the tests reach it over a pair of
virtual network cards. The namespace, the cards and every process of the domain end with the
``unshare`` that holds them, which ends when the tests do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import ldap
import pytest

REALM, DOMAIN = "AD.TEST", "ADTEST"
BASE = "DC=ad,DC=test"
PEOPLE = f"OU=Servidores,{BASE}"
ADMIN, ADMIN_PASSWORD = "Administrator@ad.test", "Adm1n-Prova-2026"
SERVICE, SERVICE_PASSWORD = "ivr-telefone@ad.test", "Serv1co-Prova-2026"
DENIED_GROUP = f"CN=Administração da Rede,CN=Users,{BASE}"
NESTED_GROUP = f"CN=Plantão,CN=Users,{BASE}"

RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
WRITABLE = {
    "pwdLastSet": "bf967a0a-0de6-11d0-a285-00aa003049e2",
    "lockoutTime": "28630ebf-41d5-11d1-a9c1-0000f80367c1",
    "info": "bf96793e-0de6-11d0-a285-00aa003049e2",
}
USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
"""schemaIDGUID and rightsGuid (MS-ADA, MS-ADTS §5.1.3.2.1)."""

ALLOWED_FAILURES = 12
POLICY = {
    "--complexity": "on",
    "--history-length": "5",
    "--min-pwd-length": "12",
    "--min-pwd-age": "0",
    "--account-lockout-threshold": str(ALLOWED_FAILURES),
}
RECIPE = "2"
"""Part of the cache's name: another number provisions anew."""


def why_not() -> str | None:
    """Why a domain cannot run here, in words, or None."""
    for program in ("samba", "samba-tool", "ip", "unshare", "nsenter", "openssl"):
        if shutil.which(program) is None:
            return f"{program} is not installed (apt-get install samba-ad-dc iproute2 openssl)"
    if os.geteuid() != 0:
        return "a Samba domain needs root (CAP_NET_ADMIN for its network namespace)"
    tried = subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "--mount-proc", "ip", "link", "set", "lo", "up"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"no network namespace (CAP_NET_ADMIN): {tried.stderr.strip()}"
    return None


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, f"{command[0]} {command[1]}: {done.stdout}{done.stderr}"
    return done.stdout


def package_version() -> str:
    return run("samba", "--version").split()[-1]


def write_settings(folder: Path, *, address: str = "127.0.0.1") -> Path:
    state = folder / "domain"
    path = folder / "smb.conf"
    (folder / "run").mkdir(exist_ok=True)
    settings = {
        "realm": REALM,
        "workgroup": DOMAIN,
        "netbios name": "DC1",
        "server role": "active directory domain controller",
        "server services": "ldap",
        "interfaces": address,
        "bind interfaces only": "yes",
        "private dir": state / "private",
        "state directory": state / "state",
        "cache directory": state / "cache",
        "lock directory": state,
        "binddns dir": state / "bind-dns",
        "pid directory": folder / "run",
        "ncalrpc dir": folder / "run" / "ncalrpc",
        "log file": folder / "run" / "log",
        "ldb:nosync": "yes",
        "old password allowed period": "0",
        "tls enabled": "yes",
        "tls certfile": folder / "tls" / "server.pem",
        "tls keyfile": folder / "tls" / "server.key",
        "tls cafile": folder / "tls" / "ca.pem",
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    path.write_text("\n".join(["[global]", *lines, ""]))
    return path


def provision(folder: Path) -> None:
    """Make the domain, its policy, its groups and the service's account with delegated rights."""
    state = folder / "domain"
    run("samba-tool", "domain", "provision", f"--targetdir={state}", f"--realm={REALM}",
        f"--domain={DOMAIN}", "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1",
        "--host-ip=127.0.0.1", f"--adminpass={ADMIN_PASSWORD}", "--option=interfaces=lo",
        "--option=bind interfaces only=yes")  # fmt: skip
    settings = write_settings(folder)
    own = ("-H", state / "private" / "sam.ldb", "-s", settings)
    policy = [f"{name}={value}" for name, value in POLICY.items()]
    run("samba-tool", "domain", "passwordsettings", "set", *policy, *own)
    run("samba-tool", "ou", "add", PEOPLE, *own)
    for group in (DENIED_GROUP, NESTED_GROUP):
        run("samba-tool", "group", "add", group.partition(",")[0].partition("=")[2], *own)
    run("samba-tool", "group", "addmembers", "Administração da Rede", "Plantão", *own)
    name = SERVICE.partition("@")[0]
    run("samba-tool", "user", "create", name, SERVICE_PASSWORD, *own)
    shown = run("samba-tool", "user", "show", name, "--attributes=objectSid", *own)
    sid = shown.partition("objectSid: ")[2].split()[0]
    rights = [("CR", RESET_PASSWORD), *(("WP", guid) for guid in WRITABLE.values())]
    sddl = "".join(f"(OA;CIIO;{right};{guid};{USER_CLASS};{sid})" for right, guid in rights)
    run("samba-tool", "dsacl", "set", f"--objectdn={PEOPLE}", f"--sddl={sddl}", *own)


def make_certificates(folder: Path, *, address: str) -> None:
    """``ca.pem`` and a server's certificate of it, and ``other-ca.pem`` that vouches for nobody."""
    folder.mkdir()
    for name in ("ca", "other-ca"):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
            "basicConstraints=critical,CA:TRUE", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            cwd=folder)  # fmt: skip
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=dc1.ad.test",
        "-keyout", "server.key", "-out", "server.req", cwd=folder)  # fmt: skip
    names = f"subjectAltName=DNS:dc1.ad.test,IP:{address},IP:127.0.0.1"
    (folder / "names").write_text(names)
    run("openssl", "x509", "-req", "-in", "server.req", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem",
        cwd=folder)  # fmt: skip
    (folder / "server.key").chmod(0o600)


class SambaDomain:
    """A running domain. ``folder`` is its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "tls" / "ca.pem"
        self.other_ca_file = folder / "tls" / "other-ca.pem"
        self.near, self.address = _free_addresses()
        make_certificates(folder / "tls", address=self.address)
        self.settings = write_settings(folder, address=f"{self.address}/30")
        self.url = f"ldaps://{self.address}"
        self.plain_url = f"ldap://{self.address}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        log = (self.folder / "run" / "out").open("ab")
        script = 'read go && exec samba -s "$0" -i --debug-stdout'
        self._process = subprocess.Popen(
            ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "sh", "-c", script, str(self.settings)],
            stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()
        _wait_for_namespace(self._process.pid)
        card = f"ivrad{os.getpid()}"
        inside = ("nsenter", "-t", str(self._process.pid), "-n", "ip")
        run("ip", "link", "add", card, "type", "veth", "peer", "name", "eth0",
            "netns", str(self._process.pid))  # fmt: skip
        run("ip", "addr", "add", f"{self.near}/30", "dev", card)
        run("ip", "link", "set", card, "up")
        run(*inside, "addr", "add", f"{self.address}/30", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()
        self._wait_until_it_answers()

    def stop(self) -> None:
        """As roughly as a power cut; the namespace and its cards go with it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(timeout=10)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
        card = Path(f"/sys/class/net/ivrad{os.getpid()}")
        for _ in range(500):
            if not card.exists():
                return
            time.sleep(0.01)
        pytest.fail("the domain's network namespace is still there")

    def connect(self, who: str, password: str) -> Any:
        """A bound ``ldap`` connection. Raises ``ldap.LDAPError``."""
        connection = ldap.initialize(self.url)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(self.ca_file))
        connection.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.timeout = 10
        connection.simple_bind_s(who, password)
        return connection

    def _wait_until_it_answers(self) -> None:
        for _ in range(300):
            try:
                self.connect(ADMIN, ADMIN_PASSWORD).unbind_s()
                return
            except ldap.LDAPError:
                time.sleep(0.1)
        self.stop()
        pytest.fail((self.folder / "run" / "out").read_text(errors="replace"))


def _wait_for_namespace(pid: int) -> None:
    """Until ``unshare`` has left the network namespace of the tests."""
    own = Path("/proc/self/ns/net").readlink()
    for _ in range(500):
        with suppress(OSError):
            if Path(f"/proc/{pid}/ns/net").readlink() != own:
                return
        time.sleep(0.01)
    pytest.fail("unshare made no network namespace")


def _free_addresses() -> tuple[str, str]:
    """Both ends of a /30 that no card of this machine is in."""
    taken = run("ip", "-4", "-o", "addr")
    for step in range(1024):
        third, fourth = divmod((os.getpid() + step) % 16_384, 64)
        prefix = f"10.213.{third}."
        if f" {prefix}{fourth * 4 + 1}/" not in taken:
            return f"{prefix}{fourth * 4 + 1}", f"{prefix}{fourth * 4 + 2}"
    pytest.fail("no free address for the domain")
