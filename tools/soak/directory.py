"""The directory of the soak: a real slapd that may be killed, with a log of its own changes."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ldap
from fixtures_slapd import ROOT, ROOT_PASSWORD, SERVICE, SUFFIX, SlapdServer, hash_of

from ivr.adapters.directory.change_markers import PREFIX

PEOPLE = f"ou=pessoas,{SUFFIX}"
NOBODY = f"ou=rede,{SUFFIX}"
"""The branch of the other systems, in which nobody has an account."""
LOG = "cn=changes"
_LOG_DATABASE = """moduleload accesslog
database mdb
suffix "{log}"
rootdn "{root}"
directory {folder}/changes
maxsize 1073741824
dbnosync
index reqStart,objectClass eq

database mdb
"""
_LOG_OVERLAY = f"""overlay accesslog
logdb {LOG}
logops writes
logsuccess TRUE
"""


class SoakDirectory:
    """``folder``: an empty one. Started; :meth:`write` puts the people in."""

    def __init__(self, folder: Path) -> None:
        self.server = SlapdServer(folder)
        self.server.kill()
        (folder / "changes").mkdir()
        file = folder / "slapd.conf"
        first, rest = file.read_text().split("database mdb\n", 1)
        log = _LOG_DATABASE.format(log=LOG, root=ROOT, folder=folder)
        file.write_text(first + log + rest + _LOG_OVERLAY)
        self.folder = folder

    def write(self, people: Sequence[Mapping[str, Any]], *, password: str) -> None:
        """Load everybody, then serve."""
        hashed = hash_of(password)
        lines = [_unit(PEOPLE), _unit(NOBODY), *(_person(person, hashed) for person in people)]
        subprocess.run(
            ["/usr/sbin/slapadd", "-q", "-b", SUFFIX, "-f", str(self.folder / "slapd.conf")],
            input="\n".join(lines), text=True, check=True, capture_output=True,
        )  # fmt: skip
        self.server.start()

    def table(self) -> str:
        """The file of directories that the service reads."""
        texts = []
        for name, base in (("mail", PEOPLE), ("network", NOBODY)):
            texts.append(
                f'[directories.{name}]\nkind = "openldap"\n'
                f'url = "ldaps://127.0.0.1:{self.server.port}"\n'
                f'ca_file = "{self.server.authority.file}"\n'
                f'bind_dn = "{SERVICE}"\n'
                f'password_file = "{self.folder / "service.password"}"\n'
                f'base = "{base}"\nmarker_attribute = "employeeType"\n'
                f'[directories.{name}.attributes]\ncpf = "demoCpf"\n'
            )
        return "\n".join(texts)

    def kill(self) -> None:
        """At once, and start again."""
        self.server.kill()
        self.server.start()

    def changes(self) -> list[dict[str, Any]]:
        """Each password change that the directory logged: ``uid`` and the hash of its marker."""
        root = self._as_root()
        found = []
        for _, entry in root.search_s(LOG, ldap.SCOPE_SUBTREE, "(reqType=modify)"):
            mods = [mod.decode("utf-8", "replace") for mod in entry["reqMod"]]
            if any(mod.startswith("userPassword:") for mod in mods):
                marks = [m for m in mods if m.startswith(f"employeeType:+ {PREFIX}")]
                uid = entry["reqDN"][0].decode().split(",")[0].removeprefix("uid=")
                marker = marks[0].partition(PREFIX)[2].split(",")[0] if marks else ""
                found.append({"uid": uid, "marker": marker})
        root.unbind_s()
        return found

    def accounts(self) -> list[dict[str, Any]]:
        """``uid``, ``mobile``, and ``version``: one more than passwords in the history."""
        root = self._as_root()
        rows = root.search_s(PEOPLE, ldap.SCOPE_ONELEVEL, attrlist=["uid", "mobile", "pwdHistory"])
        root.unbind_s()
        return [
            {
                "uid": entry["uid"][0].decode(),
                "mobile": entry["mobile"][0].decode(),
                "version": 1 + len(entry.get("pwdHistory", [])),
            }
            for _, entry in rows
        ]

    def _as_root(self) -> Any:
        return self.server.connect(ROOT, ROOT_PASSWORD)


def _unit(dn: str) -> str:
    return f"dn: {dn}\nobjectClass: organizationalUnit\n"


def _person(person: Mapping[str, Any], hashed: str) -> str:
    uid = person["key"]
    return (
        f"dn: uid={uid},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: demoServidor\n"
        f"uid: {uid}\ncn: {person['name']}\nsn: Inventada\ndemoCpf: {person['cpf']}\n"
        f"mail: {uid}@demo.ms.gov.br.invalid\nmobile: {person['mobile']}\nuserPassword: {hashed}\n"
    )
