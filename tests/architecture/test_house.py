"""Rules of the house that people forget."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from app import create_app
from ivr.flow.nodes import NODE_TYPES
from ivr.settings import Settings
from ivr.web.door import ROLES_OF_VIEW

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    p for p in [*ROOT.glob("*.py"), *ROOT.glob("ivr/**/*.py"), *ROOT.glob("tools/**/*.py")]
)


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in readme]
    assert missing == []


def test_every_node_type_is_in_the_docs() -> None:
    docs = (ROOT / "docs" / "call-flows.md").read_text("utf-8")
    assert [name for name in sorted(NODE_TYPES) if f"### `{name}`" not in docs] == []


def test_every_node_type_has_a_file_of_its_own() -> None:
    folder = ROOT / "ivr" / "flow" / "nodes"
    assert [name for name in NODE_TYPES if not (folder / f"{name}.py").exists()] == []


def test_no_file_of_ours_holds_two_subjects() -> None:
    long = [str(p) for p in SOURCES if len(p.read_text("utf-8").splitlines()) > 400]
    assert long == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [str(p) for p in SOURCES if p.stem in vague or p.parent.name in vague] == []


def test_every_route_of_a_webhook_asks_for_a_signature() -> None:
    """By name in the source of its view: what neither is signed nor asks for a log-in of staff is
    listed here, with its reason."""
    open_to_all = {
        "audio.prompt",  # the carrier fetches media without fields
        "audio.manifest",  # public words
        "audio.spelled_password",  # the token is the proof
        "health.alive",
        "health.ready",
        "metrics.metrics",  # a token or a network (metrics_page)
        "home.home",
        "static",
        "live.events",  # the log-in is the proof (live_people.watcher)
        "live.session",
        "media.stream",  # signed at the handshake, and a one-time token in the start message
        "senha.password_form",  # the token is the proof
        "senha.choose_password",
        "senha.not_me_form",
        "senha.not_me",
        "owner.log_in_form",  # the directory's password is the proof, within limits
        "owner.enter",
        "owner.leave",  # ends the session of its own cookie
        "owner.home",  # from here on the session is the proof (owner_session.logged_in)
        "owner.pin_form",
        "owner.set_pin",
        "owner.revoke_form",
        "owner.revoke_pin",
        "owner.codes_form",
        "owner.make_codes",
        "owner.freeze_form",
        "owner.freeze",
        "owner.lift_form",
        "owner.lift",
        "entrar.log_in_form",  # the password is the proof, within limits
        "entrar.enter",
        "entrar.code_form",  # the password was right: the second factor is the proof
        "entrar.enter_code",
        "entrar.enrol_form",
        "entrar.enrol_picture",
        "entrar.enrol",
        "entrar.leave",  # ends the session of its own cookie
        "owner_oidc.start",  # leads to the provider of the official accounts
        "owner_oidc.back",  # the provider's signed token is the proof
        "oidc.start",  # leads to the identity provider
        "oidc.back",  # the provider's signed token is the proof
        "api.openapi",  # public words
        "api.list_tickets",  # a bearer token is the proof (api_guard.needs)
        "api.get_ticket",
        "api.add_note",
        "api.close",
    }
    signed = {
        f"{module}.{f.name}"
        for module in ("voice", "room", "call_back", "third_legs")
        for f in ast.parse((ROOT / "ivr" / "web" / f"{module}.py").read_text("utf-8")).body
        if isinstance(f, ast.FunctionDef) and "signed_fields(" in ast.unparse(f)
    }
    app = create_app()
    guarded = {name for name, view in app.view_functions.items() if hasattr(view, ROLES_OF_VIEW)}
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - open_to_all - signed - guarded == set()
    assert len(signed) == 19


def test_webhooks_are_post_only() -> None:
    for rule in create_app().url_map.iter_rules():
        if rule.endpoint.startswith(("voice.", "room.")):
            assert rule.methods is not None
            assert rule.methods - {"OPTIONS"} == {"POST"}


def test_migrations_are_numbered_without_a_gap() -> None:
    folder = ROOT / "ivr" / "adapters" / "db" / "migrations" / "versions"
    names = sorted(p.name for p in folder.glob("[0-9]*.py"))
    assert names, "no migrations"
    assert [int(n[:4]) for n in names] == list(range(1, len(names) + 1))


def test_flow_files_are_toml_that_python_reads() -> None:
    for file in (ROOT / "callflows").glob("*.toml"):
        assert tomllib.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("package", ["random", "uuid"])
def test_no_weak_chance_near_secrets(package: str) -> None:
    """Codes and passwords come from the operating system's chance by ``secrets`` only."""
    folders = ("flow", "domain", "ports", "service", "adapters", "web", "cli")
    guilty = [
        str(p)
        for folder in folders
        for p in (ROOT / "ivr" / folder).rglob("*.py")
        if re.search(rf"^\s*(import|from) {package}\b", p.read_text("utf-8"), re.MULTILINE)
    ]
    assert guilty == []


def test_nothing_computes_a_voiceprint() -> None:
    words = ("SpkModel", "SetSpkModel", "speaker_embedding", "voiceprint")
    guilty = [str(p) for p in SOURCES if any(w in p.read_text("utf-8") for w in words)]
    assert guilty == []


def test_locks_name_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "tests/node/package-lock.json"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in re.sub(r'"(url|funding|homepage)": "[^"]*"', "", text), name


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    listed = subprocess.run(
        ["git", "grep", "-nIE", r"(^|[^A-Za-z0-9_.])/(work|root|home/[a-z]+)/"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    assert [line for line in listed if "test_house.py" not in line] == []
