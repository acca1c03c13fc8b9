"""Consoles without a browser: log-ins, a served application, and event streams that are read."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from desk import ACCOUNT, TOKEN
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from running import BIN, ROOT, free_port

from ivr.adapters.db import migrate
from ivr.adapters.db.store import SqlStore
from ivr.adapters.sealing import HmacHash
from ivr.bootstrap import open_store_of
from ivr.ports.staff import Role, StaffRow
from ivr.service import staff_sessions
from ivr.settings import Settings, read_settings

KEY = "key-of-the-tests-" + "k" * 32


@dataclass(frozen=True, slots=True)
class Door:
    """What :func:`ivr.service.staff_sessions.begin` asks of a runtime."""

    store: SqlStore
    keyed_hash: HmacHash
    entropy = staticmethod(secrets.token_bytes)

    def verify_pin(self, password_hash: str | None, secret: str, /) -> bool:
        return False


@dataclass
class LiveService:
    """A running server. ``store`` reaches its database from the test's own process."""

    port: int
    settings: Settings
    store: SqlStore
    launch: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] = field(init=False)
    readers: list[Reader] = field(default_factory=list)
    hired: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    @property
    def door(self) -> Door:
        return Door(self.store, HmacHash(self.settings.key))

    def hire(self, name: str, *, roles: Sequence[Role] = ("agent",), skills: str = "") -> StaffRow:
        """An account without a password; its id begins with the name."""
        unique = f"{name}-{len(self.hired)}"
        self.hired.append(unique)
        staff = StaffRow(
            id=unique,
            login=f"{unique}.teste",
            name=f"{name.title()} Inventada",
            roles=tuple(roles),
            skills=tuple(skills.split()),
            created_at=datetime.now(UTC),
        )
        with self.store.begin() as tx:
            tx.staff.add(staff)
        return staff

    def log_in(self, staff: StaffRow) -> str:
        """The cookie of a new log-in, as ``name=value``."""
        with self.store.begin() as tx:
            token = staff_sessions.begin(self.door, tx, staff, way="local", second_factor=True)
        return cookie_of(self.settings, token)

    def open(self, cookie: str, query: str = "") -> Reader:
        """An event stream of a log-in, opened and past its first event."""
        reader = Reader(self.port, cookie, query)
        self.readers.append(reader)
        return reader

    def tell(self, topic: str, entity: str, *audience: str, version: int = 1) -> None:
        with self.store.begin() as tx:
            tx.changes.tell(topic, entity, version=version, audience=audience)

    def start(self) -> None:
        """Start the server; raises AssertionError with its log when it does not come up."""
        self.process = self.launch()
        for _ in range(300):
            assert self.process.poll() is None, "the server ended"
            with suppress(OSError):
                urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        """End the server as a deploy does."""
        self.process.terminate()
        self.process.wait(timeout=15)

    def stop(self) -> None:
        for reader in self.readers:
            reader.close()
        self.kill()
        self.store.close()


def cookie_of(settings: Settings, token: str) -> str:
    """The session cookie that a browser holds after its log-in."""
    app = Flask("cookie")
    app.secret_key = settings.secret_key
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"ivr={signer.dumps({'staff': token})}"


class Reader:
    """Reads one event stream. Raises AssertionError when it is refused."""

    def __init__(self, port: int, cookie: str, query: str = "") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        lines = (f"GET /eventos{query} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "", "")
        self.sock.sendall("\r\n".join(lines).encode())
        self._text = b""
        while b"\r\n\r\n" not in self._text:
            got = self.sock.recv(65536)
            assert got, self._text
            self._text += got
        head, self._text = self._text.split(b"\r\n\r\n", 1)
        status, *fields = head.decode().split("\r\n")
        assert status == "HTTP/1.1 200 OK", status
        self.headers = dict(field.split(": ", 1) for field in fields)
        assert self.next()[0] == "ao-vivo"

    def next(self, seconds: float = 5.0) -> tuple[str, str]:
        """Topic and data of the next event; ("", "") at the end of the stream. Raises
        TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            while b"\n\n" in self._text:
                block, self._text = self._text.split(b"\n\n", 1)
                found = dict(
                    line.split(": ", 1) for line in block.decode().splitlines() if ": " in line
                )
                if "event" in found:
                    return found["event"], found["data"]
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            got = self.sock.recv(65536)
            if not got:
                return "", ""
            self._text += got

    def rest(self, seconds: float = 0.5) -> list[tuple[str, str]]:
        """Everything that comes within a quiet time."""
        found = []
        try:
            while (event := self.next(seconds))[0]:
                found.append(event)
        except TimeoutError:
            pass
        return found

    def close(self) -> None:
        self.sock.close()


@contextmanager
def serve(
    folder: Path,
    url: str,
    *,
    entry: str = "application",
    threads: int = 4,
    workers: int = 1,
    migrated: bool = False,
) -> Iterator[LiveService]:
    """gunicorn over a database; it is migrated first unless it is already."""
    port = free_port()
    env = {
        "SECRET_KEY": KEY,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "IVR_PIN_COST": "low",
        "IVR_VAR": str(folder),
        "IVR_LOG_LEVEL": "ERROR",
        "IVR_PROMPT_MODE": "say",
    }
    if not migrated:
        migrate.upgrade(url)
    settings = read_settings(env)
    command = [
        str(BIN / "gunicorn"),
        f"wsgi:{entry}",
        f"--bind=127.0.0.1:{port}",
        "--worker-class=gthread",
        f"--workers={workers}",
        f"--threads={threads}",
        "--no-control-socket",
        "--log-level=warning",
    ]
    log = (folder / f"{entry}-{port}.log").open("wb")

    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, stdout=log, stderr=log
        )

    service = LiveService(port, settings, open_store_of(settings), launch)
    try:
        yield service
    finally:
        service.stop()
        log.close()
