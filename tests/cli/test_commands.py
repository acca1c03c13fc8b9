"""The commands as an operator meets them: real processes, one line and a code when they fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.adapters.db.revision import MIGRATIONS

ROOT = Path(__file__).resolve().parents[2]
FLASK = Path(sys.executable).parent / "flask"
GOOD = {
    "SECRET_KEY": "key-of-the-command-tests-123456",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "token-of-the-command-tests",
    "FLASK_APP": "app:create_app",
}


def run(
    *words: str, folder: Path, settings: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command of the application, in an environment of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("IVR_", "TWILIO_"))}
    env |= {**GOOD, "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}", **(settings or {})}
    return subprocess.run(
        [str(w) for w in words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def flask(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return run(str(FLASK), *words, folder=folder, settings=settings)


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A copy of the shipped flows that a test may break."""
    return Path(shutil.copytree(ROOT / "callflows", tmp_path / "callflows"))


def test_database_goes_up_and_down(tmp_path: Path) -> None:
    newest = max(f.name[:4] for f in MIGRATIONS.glob("versions/*.py"))
    assert newest in flask("db", "upgrade", folder=tmp_path).stdout
    assert flask("db", "downgrade", "base", folder=tmp_path).returncode == 0
    assert "vazio" in flask("db", "current", folder=tmp_path).stdout


def test_demo_people_are_printed_as_json_with_what_is_needed_to_try_them(tmp_path: Path) -> None:
    flask("db", "upgrade", folder=tmp_path)
    done = flask("demo", "load", "--json", folder=tmp_path)
    people = json.loads(done.stdout)["people"]
    assert len(people) >= 8
    ana = next(p for p in people if p["key"] == "ana")
    assert {"cpf", "matricula", "pin", "mobile", "password", "note"} <= ana.keys()
    assert flask("demo", "load", folder=tmp_path).returncode == 0


def test_shipped_flows_have_no_defects(tmp_path: Path) -> None:
    done = flask("flows", "check", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sem defeitos" in done.stdout


def test_broken_flow_is_told_by_file_node_and_key(tmp_path: Path, flows: Path) -> None:
    file = flows / "rate.toml"
    file.write_text(file.read_text("utf-8").replace('then = "thanks"', 'then = "nowhere"'), "utf-8")
    done = flask("flows", "check", folder=tmp_path, IVR_CALLFLOWS=str(flows))
    assert done.returncode == 1
    assert "rate.toml: ask: then:" in done.stderr
    assert "nowhere" in done.stderr


def test_application_refuses_to_start_on_a_broken_flow(tmp_path: Path, flows: Path) -> None:
    file = flows / "access.toml"
    file.write_text(
        file.read_text("utf-8").replace('flow = "identify"', 'flow = "idontify"'), "utf-8"
    )
    flask("db", "upgrade", folder=tmp_path)
    done = run(
        sys.executable, "-c", "import wsgi", folder=tmp_path, settings={"IVR_CALLFLOWS": str(flows)}
    )
    assert done.returncode != 0
    assert "access.toml: start: flow" in done.stderr
    assert "Traceback" not in done.stderr


def test_reset_reachable_unverified_stops_the_start(tmp_path: Path, flows: Path) -> None:
    file = flows / "main.toml"
    file.write_text(
        file.read_text("utf-8").replace('to = "access.start"', 'to = "access.reset_link"'), "utf-8"
    )
    done = flask("flows", "check", folder=tmp_path, IVR_CALLFLOWS=str(flows))
    assert done.returncode == 1
    assert "access.toml: reset_link: requires" in done.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": "AC123"}, "TWILIO_ACCOUNT_SID"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"IVR_PROMPT_MODE": "sing"}, "'play' or 'say'"),
        ({"IVR_LINK_HOURS": "forever"}, "IVR_LINK_HOURS"),
        ({"IVR_PROMPTMODE": "say"}, "IVR_PROMPTMODE: unknown setting"),
        ({"PUBLIC_URL": "ivr.example"}, "PUBLIC_URL"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE"),
    ],
)
def test_wrong_setting_is_named_with_what_is_allowed(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    done = run(sys.executable, "-c", "import wsgi", folder=tmp_path, settings=settings)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-key-in-a-file-of-its-own-123\n", "utf-8")
    flask("db", "upgrade", folder=tmp_path)
    done = run(
        sys.executable,
        "-c",
        "import wsgi",
        folder=tmp_path,
        settings={"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")},
    )
    assert done.returncode == 0, done.stderr


def test_flows_are_drawn(tmp_path: Path) -> None:
    out = tmp_path / "flows.svg"
    done = flask("flows", "draw", "access", "--out", str(out), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert out.read_text("utf-8").count("<svg") == 1
    missing = flask("flows", "draw", "nothing", folder=tmp_path)
    assert missing.returncode == 1
    assert "access" in missing.stderr


def test_prompts_are_in_order(tmp_path: Path) -> None:
    done = flask("prompts", "check", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_worker_does_what_waits_and_ends(tmp_path: Path) -> None:
    flask("db", "upgrade", folder=tmp_path)
    assert flask("worker", "--once", folder=tmp_path).returncode == 0


def test_database_without_tables_stops_the_start_and_says_what_to_do(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", "import wsgi", folder=tmp_path)
    assert done.returncode != 0
    assert "flask db upgrade" in done.stderr
    worker = flask("worker", "--once", folder=tmp_path)
    assert worker.returncode == 1
    assert "flask db upgrade" in worker.stderr


def test_application_that_is_loaded_before_its_workers_hands_them_no_connection(
    tmp_path: Path,
) -> None:
    flask("db", "upgrade", folder=tmp_path)
    program = (
        "import gc, os, wsgi\n"
        "folder = '/proc/self/fd'\n"
        "held = [os.path.realpath(f'{folder}/{one}') for one in os.listdir(folder)]\n"
        "assert not [name for name in held if '.db' in name], held\n"
        "assert gc.isenabled()\n"
        "with wsgi.application.extensions['ivr'].store.begin(write=False) as tx:\n"
        "    tx.now()\n"
        "    held = [os.path.realpath(f'{folder}/{one}') for one in os.listdir(folder)]\n"
        "    assert [name for name in held if '.db' in name], held\n"
    )
    done = run(sys.executable, "-c", program, folder=tmp_path)
    assert done.returncode == 0, done.stderr
