"""The whole desk as real processes, the agents' desk phones among them, for tests in a browser."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import ACCOUNT, BIN, TOKEN, System, answers, free_port

from tools.run_local import telephones


@dataclass
class DeskSystem:
    """``demo``: what ``flask demo load`` told. ``serve``: command line of the web server."""

    system: System
    demo: dict[str, Any]
    serve: tuple[str, ...] = ()

    def stop_web(self) -> None:
        """The web server is gone, for everybody at once."""
        self.system.processes[0].kill()
        self.system.processes[0].wait(timeout=10)

    def start_web(self) -> None:
        """It is there again, at the same address."""
        self.system.processes[0] = self.system.start(*self.serve)
        self.system.processes.pop()
        answers(f"{self.web}/readyz")

    @property
    def web(self) -> str:
        return self.system.web

    @property
    def carrier(self) -> str:
        return self.system.carrier

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        return self.system.people

    def staff(self, login: str) -> dict[str, Any]:
        return next(one for one in self.demo["staff"] if one["login"] == login)

    def carrier_call(self, path: str, **fields: Any) -> Any:
        """One command of the local carrier's own API."""
        request = urllib.request.Request(
            self.carrier + path,
            data=json.dumps(fields).encode() if fields else None,
            headers={"Content-Type": "application/json"},
            method="POST" if fields else "GET",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def run_desk(folder: Path, **settings: str) -> Iterator[DeskSystem]:
    """Start web, worker and carrier on a fresh database; stop them at the end."""
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
    system = System(web=web, carrier=carrier, env=env, folder=folder, people={})
    try:
        system.flask("db", "upgrade")
        demo = json.loads(system.flask("demo", "load", "--json"))
        system.people.update({person["key"]: person for person in demo["people"]})
        (folder / "carrier.json").write_text(json.dumps(telephones(demo)), "utf-8")
        serve = (
            str(BIN / "gunicorn"),
            "wsgi:application",
            f"--bind={web.removeprefix('http://')}",
            "--worker-class=gthread",
            "--threads=8",
            "--no-control-socket",
            "--log-level=warning",
        )
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
            f"--presets={folder / 'carrier.json'}",
        )
        answers(f"{web}/readyz")
        answers(f"{carrier}/healthz")
        yield DeskSystem(system=system, demo=demo, serve=serve)
    finally:
        system.stop()
