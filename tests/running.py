"""The whole system as real processes on free ports: gunicorn, worker, local carrier."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tools.run_local import telephones

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ACCOUNT = "AC" + "5" * 32
TOKEN = "token-of-the-running-system-01"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class System:
    """``web`` and ``carrier`` are addresses without a slash at the end."""

    web: str
    carrier: str
    env: dict[str, str]
    folder: Path
    demo: dict[str, Any]
    """What ``flask demo load`` told."""
    serve: tuple[str, ...]
    """Command line of the web server, the first of the processes."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        """The invented people, by key."""
        return {person["key"]: person for person in self.demo["people"]}

    def flask(self, *words: str) -> str:
        """Run a command of the application, return what it printed."""
        done = subprocess.run(
            [BIN / "flask", *words], cwd=ROOT, env=self.env, check=True, capture_output=True
        )
        return done.stdout.decode()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a process of the system."""
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End every process."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()

    def logs(self) -> str:
        """Everything that the processes wrote."""
        return "\n".join(f.read_text("utf-8", "replace") for f in self.folder.glob("*.log"))


def answers(url: str, *, seconds: float = 30) -> None:
    """Wait until the address answers. Raises AssertionError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def run_system(folder: Path, **settings: str) -> System:
    """Start everything on a fresh database in ``folder``."""
    web, carrier = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("IVR_TEST_")},
        "SECRET_KEY": "key-of-the-running-system-" + "k" * 16,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": carrier,
        "PUBLIC_URL": web,
        "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}",
        "FLASK_APP": "app:create_app",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    serve = (
        str(BIN / "gunicorn"),
        "wsgi:application",
        f"--bind={web.removeprefix('http://')}",
        "--worker-class=gthread",
        "--threads=8",
        "--no-control-socket",
        "--log-level=warning",
    )
    system = System(web=web, carrier=carrier, env=env, folder=folder, demo={}, serve=serve)
    try:
        system.flask("db", "upgrade")
        system.demo.update(json.loads(system.flask("demo", "load", "--json")))
        (folder / "demo.json").write_text(json.dumps(telephones(system.demo)), "utf-8")
        system.start(*serve)
        system.start(str(BIN / "flask"), "worker")
        system.start(
            sys.executable,
            "-m",
            "ivr.carrier",
            f"--port={carrier.rsplit(':', 1)[1]}",
            f"--voice-url={web}/voice/incoming",
            f"--fallback-url={web}/voice/fallback",
            f"--status-callback={web}/voice/status",
            f"--account-sid={ACCOUNT}",
            f"--presets={folder / 'demo.json'}",
        )
        answers(f"{web}/readyz")
        answers(f"{carrier}/healthz")
    except BaseException:
        system.stop()
        raise
    return system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for all tests of this process that ask for it."""
    running = run_system(tmp_path_factory.mktemp("system"))
    try:
        yield running
    finally:
        running.stop()
