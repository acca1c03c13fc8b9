"""A long invented history on a private PostgreSQL, made once for all measurements that want it.

``BENCH_CALLS`` says how long it is. ``BENCH_DATABASE`` names a database that has one already,
``BENCH_SMALL`` one with :data:`SMALL` calls; without them both are made and filled.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.adapters.db.migrate import upgrade
from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from tools.bench.long_history_now import somebody_is_there
from tools.load_history import keep_sums, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.service.runtime import Runtime

SECRET = b"a secret key that only the bench knows"
SMALL = 100_000
"""Calls of the history that the long one is compared with."""
UNTIL = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)
"""Midnight after a Friday."""
NOW = UNTIL - timedelta(hours=9)
"""Friday afternoon, while the desk is at work."""
A_DAY = 2_700
"""Calls of a day."""
SUMS_DAYS = 30


class Clock:
    """Stands still at :data:`NOW`."""

    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """``made``: how long the long one took, for people; ``small`` None: no comparison."""

    large: str
    small: str | None
    calls: int
    made: tuple[str, ...]


@lru_cache(maxsize=1)
def histories() -> Histories:
    """The databases; the server is taken down when the program ends."""
    calls = int(os.environ.get("BENCH_CALLS", SMALL))
    large, small = os.environ.get("BENCH_DATABASE", ""), os.environ.get("BENCH_SMALL", "")
    if large:
        calls = _calls_in(large)
        for url in filter(None, (large, small)):
            _somebody_calls(url)
        return Histories(large=large, small=small or None, calls=calls, made=())
    stack = ExitStack()
    atexit.register(stack.close)
    server = stack.enter_context(_server())
    large, made = _filled(server, "large", calls)
    small, _ = _filled(server, "small", SMALL) if calls > SMALL else ("", ())
    return Histories(large=large, small=small or None, calls=calls, made=made)


def opened(url: str) -> SqlStore:
    """A store whose clock is that of the history."""
    return open_store(url, seal=AesGcmSeal(SECRET), keyed_hash=HmacHash(SECRET), clock=Clock())


def runtime_on(store: SqlStore) -> Runtime:
    """The whole service on a history."""
    from ivr.bootstrap import build
    from ivr.settings import read_settings

    settings = read_settings(
        {
            "SECRET_KEY": SECRET.decode(),
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        }
    )
    return build(settings, store=store, clock=Clock())


def load_words() -> str:
    """How busy the machine is, beside every figure."""
    one, five, _ = os.getloadavg()
    return f"load of the machine {one:.1f} (five minutes: {five:.1f})"


def _somebody_calls(url: str) -> None:
    store = opened(url)
    somebody_is_there(store, NOW)
    store.close()


def _calls_in(url: str) -> int:
    store = opened(url)
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM call_facts").scalar_one()
    store.close()
    return int(found)


def _filled(server: str, name: str, calls: int) -> tuple[str, tuple[str, ...]]:
    folder, url = server, f"postgresql://postgres@/{name}?host={server}"
    programs = _programs()
    subprocess.run([programs / "createdb", "-h", folder, "-U", "postgres", name], check=True)
    upgrade(url)
    store = opened(url)
    began = time.perf_counter()
    load(
        store,
        HmacHash(SECRET),
        calls=calls,
        days=max(1, calls // A_DAY),
        journal=min(calls, 100_000),
        seed=7,
        until=UNTIL,
        quiet=True,
    )
    took = time.perf_counter() - began
    halves = keep_sums(runtime_on(store), days=SUMS_DAYS, until=NOW, quiet=True)
    summed = time.perf_counter() - began - took
    store.close()
    _somebody_calls(url)
    return url, (
        f"{calls:,} calls made and indexed in {took:.0f} s ({calls / took:,.0f} a second), "
        f"sums of {halves:,} half hours in {summed:.0f} s; {load_words()}",
    )


def _programs() -> Path:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent


@contextmanager
def _server() -> Iterator[str]:
    """A private PostgreSQL without durability: the folder of its socket."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="ivr-bench-", dir="/var/tmp"))
    root = os.geteuid() == 0
    if root:
        shutil.chown(folder, user="postgres")
    as_owner = ["runuser", "-u", "postgres", "--"] if root else []

    def run(program: str, *arguments: str) -> None:
        command = [*as_owner, str(programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    data = str(folder / "data")
    settings = (
        f"-c listen_addresses='' -c unix_socket_directories={folder} -c shared_buffers=512MB"
        " -c fsync=off -c synchronous_commit=off -c max_wal_size=4GB"
    )
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "start", "-w", "-D", data, "-l", str(folder / "log"), "-o", settings)
    try:
        yield str(folder)
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
        shutil.rmtree(folder, ignore_errors=True)
