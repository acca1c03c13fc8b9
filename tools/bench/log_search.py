"""The call log over a long history on PostgreSQL: first pages, a count, an export.

``BENCH_CALLS`` says how long the history is. ``BENCH_DATABASE`` names a database that has
one already; without it a private server is made and filled.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivr.adapters.db.migrate import upgrade
from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from ivr.ports.call_search import CallFacts, LogFilter
from ivr.service.calls_log_export import csv_chunks
from tools.load_history import load

SECRET = b"a secret key that only the bench knows"
CALLS = 100_000
ROUNDS = 25
UNTIL = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
ALLOWED_MS = 150
EXPORT_ROWS = 1_000_000
LONG_AGO = 3650


def report() -> list[str]:
    """Lines of the figures."""
    calls = int(os.environ.get("BENCH_CALLS", CALLS))
    url = os.environ.get("BENCH_DATABASE", "")
    if url:
        return _measured(url)
    with _server() as made:
        upgrade(made)
        store = _opened(made)
        began = time.perf_counter()
        load(
            store,
            HmacHash(SECRET),
            calls=calls,
            days=max(1, calls // 2_700),
            journal=min(calls, 100_000),
            seed=7,
            until=UNTIL,
            quiet=True,
        )
        took = time.perf_counter() - began
        store.close()
        lines = [f"{calls:,} calls made and indexed in {took:.0f} s ({calls / took:,.0f} a second)"]
        return lines + _measured(made)


def _opened(url: str) -> SqlStore:
    return open_store(url, seal=AesGcmSeal(SECRET), keyed_hash=HmacHash(SECRET))


def _measured(url: str) -> list[str]:
    store = _opened(url)
    some = _somebody(store)
    lines, slowest = [], 0.0
    for name, wanted in _cases(some).items():
        p95 = _p95(store, wanted)
        slowest = max(slowest, p95)
        lines.append(f"first page by {name:<24} p95 {p95:7.1f} ms")
    lines.append(f"slowest first page: p95 {slowest:.1f} ms (allowed {ALLOWED_MS} ms)")
    lines += _exported(store)
    store.close()
    return lines


def _cases(some: CallFacts) -> dict[str, LogFilter]:
    last = some.started_at
    month = {"since": last - timedelta(days=30), "until": last + timedelta(days=1)}
    whole = {"since": last - timedelta(days=LONG_AGO), "until": last + timedelta(days=1)}
    return {
        "a day": LogFilter(since=last - timedelta(days=1), until=last),
        "telephone": LogFilter(any_of=(("caller_hash", some.caller_hash),), **whole),
        "CPF": LogFilter(any_of=(("person", some.person),), **whole),
        "protocol": LogFilter(any_of=(("protocol", some.protocol),)),
        "CallSid": LogFilter(any_of=(("sid", some.sid),)),
        "agent": LogFilter(agent=some.agent, **whole),
        "agent who was never there": LogFilter(agent="ninguem", **whole),
        "queue": LogFilter(queue=some.queue, **month),
        "service": LogFilter(service=some.service, **whole),
        "outcome, common": LogFilter(outcome="resolved_self_service", **whole),
        "outcome, rare": LogFilter(outcome="fault", **whole),
        "outcome, none": LogFilter(outcome="refused", **whole),
        "who hung up": LogFilter(ended_by="system", **whole),
        "identity": LogFilter(identity="verified", **whole),
        "length": LogFilter(duration="mais_de_15", **whole),
        "class": LogFilter(contact_class="trote", **whole),
        "rating": LogFilter(rating=1, **whole),
        "errors": LogFilter(had_error=True, **whole),
        "recordings": LogFilter(recorded=True, **whole),
        "transfers": LogFilter(transferred=True, **whole),
        "abandoned": LogFilter(abandoned=True, **whole),
        "agent and class": LogFilter(agent=some.agent, contact_class="trote", **whole),
    }


def _p95(store: SqlStore, wanted: LogFilter) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with store.begin(write=False) as tx:
            tx.call_search.page(wanted)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[math.ceil(len(took) * 0.95) - 1]


def _somebody(store: SqlStore) -> CallFacts:
    with store.begin(write=False) as tx:
        for line in tx.call_search.page(LogFilter(outcome="attended_by_person"), limit=500):
            if line.facts.person and line.facts.caller_hash and line.facts.service:
                return line.facts
    raise RuntimeError("the history has no call with a person in it")


def _exported(store: SqlStore) -> list[str]:
    before = most = _rss()
    rows = size = 0
    began = time.perf_counter()
    with store.begin(write=False) as tx:

        def cells() -> Iterator[list[str | int]]:
            nonlocal rows
            for line in tx.call_search.every(LogFilter()):
                rows += 1
                if rows > EXPORT_ROWS:
                    return
                facts = line.facts
                yield [facts.protocol, facts.outcome, facts.ivr_seconds, facts.queue_seconds]

        for number, chunk in enumerate(
            csv_chunks(["protocolo", "resultado", "ura", "fila"], cells())
        ):
            size += len(chunk)
            if number % 50 == 0:
                most = max(most, _rss())
    took = time.perf_counter() - began
    grown = max(most, _rss()) - before
    return [
        f"export of {min(rows, EXPORT_ROWS):,} rows: {took:.1f} s, {size / 1e6:.1f} MB, "
        f"resident memory grew by {grown / 1e6:.1f} MB (allowed 50 MB)"
    ]


def _rss() -> int:
    """Bytes that this process holds now (proc(5), statm)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _server() -> Iterator[str]:
    """A private PostgreSQL without durability, on a socket."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="ivr-bench-"))
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
        run("createdb", "-h", str(folder), "-U", "postgres", "history")
        yield f"postgresql://postgres@/history?host={folder}"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", data)
        shutil.rmtree(folder, ignore_errors=True)
