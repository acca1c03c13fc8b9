"""A PostgreSQL server of one's own whose log of changes is streamed to another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

USER = "postgres"
RECEIVER = "drill"
"""Name of the stream; a commit is told to have happened when it is there too."""


def programs() -> Path:
    """Folder of the newest PostgreSQL there is. Raises RuntimeError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    if other is None:
        raise RuntimeError("PostgreSQL is not installed")
    return Path(other).resolve().parent


def run_as_owner(*command: str | Path, log: Path, popen: bool = False) -> subprocess.Popen[bytes]:
    """Run a program as the account that owns the server. Raises RuntimeError when it fails, unless
    it is to go on by itself (``popen``)."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", USER, "--", *words]
    with log.open("ab") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, cwd="/")
    if not popen and process.wait() != 0:
        raise RuntimeError(f"{Path(str(command[0])).name}: {log.read_text()[-500:]}")
    return process


class Server:
    """A server whose data is in ``folder/name``; its socket is in ``folder``."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.data = folder / name
        self.log = folder / f"{name}.out"
        self._receiver: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make an empty server."""
        run_as_owner(
            programs() / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8",
            "--locale=C", log=self.log,
        )  # fmt: skip

    def start(self, *, alone: bool = False) -> None:
        """``alone``: a restored server, whose commits wait for no stream."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "wal_level": "replica",
            "max_connections": "60",
        }
        if alone:
            settings["synchronous_standby_names"] = ""
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._control(
            "start", "-w", "-t", "300", "-l", str(self.log.with_suffix(".log")), "-o", options
        )

    def stream_to(self, folder: Path) -> None:
        """From now on a commit waits until ``folder`` has it."""
        run_as_owner("mkdir", "-p", folder, log=self.log)
        self._receiver = run_as_owner(
            programs() / "pg_receivewal", "-D", folder, "--synchronous", "--no-loop", "-d",
            f"host={self.folder} user={USER} application_name={RECEIVER}",
            log=self.log, popen=True,
        )  # fmt: skip
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{RECEIVER}'")
            connection.execute("SELECT pg_reload_conf()")
        self._wait_for_stream()

    def crash(self, *, receiver: bool = True) -> None:
        """Stop at once, as if the power went."""
        self._control("stop", "-w", "-m", "immediate")
        if receiver and self._receiver is not None:
            self._receiver.wait(30)
            self._receiver = None

    def close(self) -> None:
        """Stop whatever still runs."""
        if (self.data / "postmaster.pid").exists():
            self.crash(receiver=False)
        if self._receiver is not None:
            self._receiver.terminate()
            self._receiver.wait(30)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def _control(self, *words: str) -> None:
        run_as_owner(programs() / "pg_ctl", "-D", self.data, *words, log=self.log)

    def _wait_for_stream(self) -> None:
        until = time.monotonic() + 30
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            while time.monotonic() < until:
                found = connection.execute(
                    "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
                ).fetchone()
                if found is not None:
                    return
                time.sleep(0.05)
        raise RuntimeError("the stream of changes did not begin")
