"""The desk as real processes: gunicorn, two workers, a private PostgreSQL and slapd. All may be
killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from pathlib import Path

from fixtures_postgres import PostgresServer

from ivr.settings import ROOT, Settings, read_settings
from tools.soak.directory import SoakDirectory
from tools.soak.spent import Spent, children

BIN = Path(sys.executable).parent
WORKERS = 4
WEB_WORKERS = 3
BOOT_S = 3.0
"""A process younger than this is spared, and so is the last one of its kind that is older: on a
busy machine nothing would ever be up."""
LOOK_S = 0.5
"""Between two looks at what the processes have spent."""
DOWN_S = 0.5
"""How long PostgreSQL stays away after an immediate stop."""
TARGETS = {
    "web worker": 8,
    "whole web server": 1,
    "outbox worker": 4,
    "slapd": 2,
    "PostgreSQL backend": 1,
    "PostgreSQL at once": 1,
}
"""What is killed, and how often in relation to the others."""
LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PROMETHEUS_MULTIPROC_DIR")
"""Of the environment: the first would have each new process compile everything anew."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SoakSystem:
    """Everything but the carrier. ``folder`` holds database, logs and the offline journal."""

    def __init__(self, folder: Path, *, account: str, token: str) -> None:
        self.folder = folder
        self.web = f"http://127.0.0.1:{free_port()}"
        self.carrier_port = free_port()
        self.killed: Counter[str] = Counter()
        self.restarts = 0
        self._choose = random.Random(3_318_3600)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False
        self._since: dict[int, float] = {}
        self.spent = Spent()
        self._looked = 0.0
        (folder / "pg").mkdir()
        self.database = PostgresServer(folder / "pg")
        (folder / "ldap").mkdir()
        self.directory = SoakDirectory(folder / "ldap")
        (folder / "directories.toml").write_text(self.directory.table())
        (folder / "var").mkdir()
        (folder / "var" / "prompts").symlink_to(ROOT / "var" / "prompts")
        _open_day_and_night(folder / "callflows")
        self.env = {
            **{k: v for k, v in os.environ.items() if k not in LEFT_OUT and k[:4] != "IVR_"},
            "SECRET_KEY": "key-of-the-soak-" + "k" * 24,
            "TWILIO_ACCOUNT_SID": account,
            "TWILIO_AUTH_TOKEN": token,
            "TWILIO_API_URL": f"http://127.0.0.1:{self.carrier_port}",
            "PUBLIC_URL": self.web,
            "DATABASE_URL": self.database.new_database(),
            "IVR_DIRECTORY": "file",
            "IVR_DIRECTORIES": str(folder / "directories.toml"),
            "IVR_VAR": str(folder / "var"),
            "IVR_CALLFLOWS": str(folder / "callflows"),
            "IVR_PROMPT_MODE": "say",
            "IVR_PIN_COST": "low",
            "IVR_LOG_LEVEL": "WARNING",
            "FLASK_APP": "app:create_app",
            "PYTHONUNBUFFERED": "1",
            "WEB_CONCURRENCY": str(WEB_WORKERS),
            "WEB_PRELOAD": "1",
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.env)

    def start(self) -> None:
        """Start web and workers; return when the web answers."""
        for name in ("web", *(f"worker {n}" for n in range(1, WORKERS + 1))):
            self._start(name)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.web}/readyz", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the web does not answer:\n" + self.logs()[-4000:])

    def supervise(self) -> None:
        """Start again what has ended; note who is there and what it has spent."""
        web = self._processes["web"].pid
        for pid in (web, *children(web), *self._outbox_workers()):
            self._since.setdefault(pid, time.monotonic())
        if time.monotonic() >= self._looked + LOOK_S:
            self._looked = time.monotonic()
            self.look()
        for name, process in list(self._processes.items()):
            if process.poll() is not None and not self._stopping:
                self.restarts += 1
                self._start(name)

    def look(self) -> None:
        """Note what each process has spent so far."""
        web = self._processes["web"].pid
        kinds = {
            "web": [web, *children(web)],
            "outbox workers": self._outbox_workers(),
            "carrier and callers": [os.getpid()],
            "slapd": [self.directory.server.pid],
        }
        with suppress(OSError, ValueError, IndexError):
            postmaster = self._postmaster()
            kinds["PostgreSQL"] = [postmaster, *children(postmaster)]
        self.spent.look(kinds)

    def kill_one(self) -> None:
        """Kill something by chance. Blocks while PostgreSQL is away."""
        target = self._choose.choices(list(TARGETS), weights=list(TARGETS.values()))[0]
        if target == "web worker":
            done = self._kill(self._grown(children(self._processes["web"].pid)))
        elif target == "whole web server":
            done = self._kill_web()
        elif target == "slapd":
            self.directory.kill()
            done = True
        elif target == "outbox worker":
            done = self._kill(self._grown(self._outbox_workers()))
        elif target == "PostgreSQL backend":
            done = self._kill([p for p in children(self._postmaster()) if _serves_a_client(p)])
        else:
            self.database.stop("immediate")
            time.sleep(DOWN_S)
            self.database.start()
            done = True
        self.killed[target] += done

    def stop(self) -> None:
        """End web and workers in order; the database stays."""
        self._stopping = True
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    def close(self) -> None:
        self.stop()
        self.directory.server.kill()
        self.database.stop("immediate")

    def logs(self) -> str:
        """Everything that the processes wrote."""
        return "\n".join(f.read_text("utf-8", "replace") for f in self.folder.glob("*.log"))

    def _start(self, name: str) -> None:
        words = [str(BIN / "flask"), "worker"]
        if name == "web":
            words = [
                str(BIN / "gunicorn"), "-c", "deploy/gunicorn.conf.py", f"--bind={self.web[7:]}",
                "--log-level=warning", "wsgi:application",
            ]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                words, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    def _outbox_workers(self) -> list[int]:
        return [process.pid for name, process in self._processes.items() if name != "web"]

    def _grown(self, pids: list[int]) -> list[int]:
        """Those that may be killed."""
        now = time.monotonic()
        grown = [pid for pid in pids if now - self._since.get(pid, now) >= BOOT_S]
        return grown if len(grown) > 1 else []

    def _kill(self, pids: list[int]) -> bool:
        if not pids:
            return False
        try:
            os.kill(self._choose.choice(sorted(pids)), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def _kill_web(self) -> bool:
        """Gunicorn and all its workers at once."""
        web = self._processes["web"].pid
        pids = [web, *children(web)]
        if time.monotonic() - self._since.get(web, time.monotonic()) < BOOT_S:
            return False
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return True

    def _postmaster(self) -> int:
        return int((self.database.folder / "data" / "postmaster.pid").read_text().split()[0])


def _serves_a_client(pid: int) -> bool:
    try:
        return b"[local]" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _open_day_and_night(folder: Path) -> None:
    """The shipped flows, with a desk that never closes."""
    shutil.copytree(ROOT / "callflows", folder)
    days = "".join(f"{day} = {{ opens = 00:00:00, closes = 23:59:59 }}\n" for day in DAYS)
    (folder / "hours.toml").write_text(f"version = 1\n\n[week]\n{days}", "utf-8")
