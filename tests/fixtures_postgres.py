"""A private PostgreSQL server for the tests, and an empty database of it for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from migrated import migrated_database

SERVER_USER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this account."""

MEMORY = "/dev/shm"
"""A file system without a disk: a new database costs a fifteenth there."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "16MB",
    "fsync": "off",
    "log_min_messages": "fatal",
}


def postgres_programs() -> Path:
    """Folder of ``initdb`` and ``pg_ctl``, the newest there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    other = shutil.which("initdb")
    if other is None:
        pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
    return Path(other).resolve().parent


class PostgresServer:
    """A server on a socket in its own folder. It can be stopped as roughly as one likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._programs = postgres_programs()
        self._names = itertools.count(1)
        if os.geteuid() == 0:
            shutil.chown(folder, user=SERVER_USER)
        self._run("initdb", "-D", self._data, "-U", SERVER_USER, "-A", "trust", "-N",
                  "-E", "UTF8", "--locale=C")  # fmt: skip
        self.start()

    def start(self) -> None:
        settings = {"unix_socket_directories": str(self.folder), **SETTINGS}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, how: str = "fast") -> None:
        """``fast`` or ``immediate``: the second is a crash."""
        self._control("stop", "-w", "-m", how)

    def url(self, database: str) -> str:
        return f"postgresql://{SERVER_USER}@/{database}?host={self.folder}"

    def new_database(self, *, named: str = "", like: str = "template1") -> str:
        """Make a database, empty or a copy of another one; return its URL."""
        name = named or f"test_{next(self._names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def _control(self, command: str, *arguments: str) -> None:
        self._run("pg_ctl", command, "-D", self._data, *arguments)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", SERVER_USER, "--", *command]
        log = self.folder / f"{program}.out"
        with log.open("ab") as out:
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", check=False)
        assert done.returncode == 0, log.read_text()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-", dir=memory))
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> str:
    """URL of an empty database, or of a migrated one for a test that asks for a store as well."""
    if {"store", "postgres_store"} & set(request.fixturenames):
        return migrated_database(postgres_server)
    return postgres_server.new_database()
