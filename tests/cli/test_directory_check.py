"""``flask directory check`` as an operator meets it, and the file of directories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures_slapd import FIRST, Branch

ROOT = Path(__file__).resolve().parents[2]
FLASK = Path(sys.executable).parent / "flask"


def toml_of(name: str, config: dict[str, object]) -> str:
    attributes = config.pop("attributes")
    assert isinstance(attributes, dict)
    lines = [f"[directories.{name}]", 'kind = "openldap"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in config.items()]
    lines += [f"[directories.{name}.attributes]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in attributes.items()]
    return "\n".join(lines)


def check(file: Path, *names: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("IVR_", "TWILIO_"))}
    env |= {"FLASK_APP": "app:create_app", "IVR_DIRECTORIES": str(file)}
    return subprocess.run(
        [str(FLASK), "directory", "check", *names],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_directory_in_order_is_told_so_and_ends_with_zero(
    slapd_branch: Branch, tmp_path: Path
) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", demoMatricula="1")
    file = tmp_path / "directories.toml"
    file.write_text(toml_of("mail", slapd_branch.config()))
    before = slapd_branch.versions()
    done = check(file, "mail")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("certificado e nome conferem", "não lê senhas", "asserção", "mínimo de 12"):
        assert words in done.stdout
    assert "12345678909" not in done.stdout + done.stderr
    assert slapd_branch.versions() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bind_dn": "cn=outra,dc=ms,dc=example"}, "bind_dn"),
        ({"base": "ou=nada,dc=ms,dc=example"}, "base não existe"),
        ({"marker_attribute": "semEsquema"}, "não conhece semEsquema"),
        ({"lockout_seconds": 5}, "lockout_seconds = 0"),
        ({"privileged_groups": ["cn=nada,dc=ms,dc=example"]}, "não existe ou não pode ser lido"),
        ({"url": "ldap://127.0.0.1"}, "directories.toml: directory mail"),
        ({"surpresa": 1}, "surpresa"),
    ],
)
def test_each_fault_is_named_and_ends_with_one(
    slapd_branch: Branch, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    slapd_branch.add("ana", FIRST, demoCpf="12345678909", demoMatricula="1")
    file = tmp_path / "directories.toml"
    file.write_text(toml_of("mail", slapd_branch.config(**change)))
    done = check(file)
    assert done.returncode == 1
    assert words in done.stdout
    assert "Traceback" not in done.stderr


def test_missing_directory_is_named_with_file_and_table(tmp_path: Path) -> None:
    file = tmp_path / "directories.toml"
    file.write_text('[directories.mail]\nkind = "carrier pigeon"\n')
    missing, unknown = check(file, "network"), check(file, "mail")
    assert (missing.returncode, unknown.returncode) == (1, 1)
    assert "directories.toml: [directories.network] is missing" in missing.stdout
    assert "directories.toml: directories.mail.kind" in unknown.stdout


def test_demo_directory_loads_no_ldap_library() -> None:
    script = "import sys, ivr.bootstrap, ivr.cli.directory; sys.exit('ldap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
