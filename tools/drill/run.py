"""The drill: calls arrive, a backup runs, the disk is lost, everything is restored."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import text

from ivr import bootstrap
from ivr.adapters.db.migrate import upgrade
from ivr.domain.audit_chain import Head
from ivr.ports.staff import AuditLine
from ivr.ports.store import StoreUnavailableError
from ivr.service.audit import head_of, verify
from ivr.service.offline import import_offline_calls, write_offline
from ivr.service.opening import open_call
from ivr.service.runtime import Runtime
from ivr.settings import read_settings
from tools.drill.postgres import USER, Server, programs, run_as_owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``acked``: tickets whose commit was told. ``lost``: of those, not there after the restore.
    ``unacked``: calls whose ticket was not told; ``replayed``: of those, taken in from the offline
    journal. ``missing``: calls without a ticket at the end. Seconds, bytes."""

    before: int
    acked: int
    lost: int
    unacked: int
    replayed: int
    missing: int
    audit_broken: bool
    base_backup_s: float
    base_backup_bytes: int
    dump_s: float
    dump_restore_s: float
    dumped: int
    rto_s: float

    @property
    def passed(self) -> bool:
        return not (self.lost or self.missing or self.audit_broken) and self.dumped >= self.before


@dataclass
class _Load:
    """Calls that arrive on several threads, until stopped."""

    rt: Runtime
    acked: list[str] = field(default_factory=list)
    unacked: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, writers: int) -> None:
        for writer in range(writers):
            thread = threading.Thread(target=self._write, args=(writer,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)

    def _write(self, writer: int) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            sid = f"CA{writer:08x}{number:024x}"
            try:
                _one_call(self.rt, sid)
            except StoreUnavailableError:
                assert self.rt.offline_journal is not None
                write_offline(
                    self.rt.offline_journal, sid=sid, at=datetime.now(UTC), where="/voice/incoming"
                )
                self.unacked.append(sid)
                time.sleep(0.05)
            else:
                self.acked.append(sid)


def drill(*, tickets: int, writers: int, seconds: float, beneath: Path | None = None) -> Figures:
    """Run it in a folder of its own, which is gone afterwards. ``tickets``: rows that are there
    before; ``seconds``: how long calls arrive before the backup, and again after it. ``beneath``:
    where to make that folder."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-drill-", dir=beneath))
    if os.geteuid() == 0:
        shutil.chown(folder, user=USER)
    folder.chmod(0o755)
    server = Server(folder, "primary")
    there = folder / "there"
    there.mkdir()
    if os.geteuid() == 0:
        shutil.chown(there, user=USER)
    restored = Server(there, "restored")
    try:
        return _drill(folder, server, restored, tickets=tickets, writers=writers, seconds=seconds)
    finally:
        server.close()
        restored.close()
        shutil.rmtree(folder, ignore_errors=True)


def _drill(
    folder: Path, server: Server, restored: Server, *, tickets: int, writers: int, seconds: float
) -> Figures:
    server.make()
    server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE ivr")
    upgrade(server.url("ivr"))
    changes = folder / "changes"
    server.stream_to(changes)
    rt = _runtime(server.url("ivr"), folder)
    for number in range(tickets):
        _one_call(rt, f"CB{number:032x}")
    load = _Load(rt)
    load.start(writers)
    time.sleep(seconds)
    base = folder / "base"
    took = time.monotonic()
    run_as_owner(
        programs() / "pg_basebackup", "-h", folder, "-U", USER, "-D", base, "-X", "stream",
        "--checkpoint=fast", log=folder / "basebackup.out",
    )  # fmt: skip
    base_s = time.monotonic() - took
    took = time.monotonic()
    run_as_owner(
        programs() / "pg_dump", "-h", folder, "-U", USER, "-Fc", "-f", folder / "ivr.dump", "ivr",
        log=folder / "dump.out",
    )  # fmt: skip
    dump_s = time.monotonic() - took
    shipped = head_of(rt.store)
    time.sleep(seconds)
    server.crash()
    shutil.rmtree(server.data)
    time.sleep(min(1.0, seconds))
    took = time.monotonic()
    _restore(restored, base, changes)
    rto_s = time.monotonic() - took
    load.stop()
    after = _runtime(restored.url("ivr"), folder)
    found = _calls(after)
    lost = len(set(load.acked) - found)
    replayed = _replay(after)
    sids = set(load.unacked) - _calls(after)
    broken = verify(after.store, kept=[shipped] if shipped.position else [Head()]).broken
    dump_restore_s, dumped = _restore_dump(restored, folder)
    return Figures(
        before=tickets,
        acked=len(load.acked),
        lost=lost,
        unacked=len(load.unacked),
        replayed=replayed,
        missing=len(sids),
        audit_broken=broken is not None,
        base_backup_s=base_s,
        base_backup_bytes=_size(base),
        dump_s=dump_s,
        dump_restore_s=dump_restore_s,
        dumped=dumped,
        rto_s=rto_s,
    )


def _runtime(url: str, folder: Path) -> Runtime:
    environ = {
        "DATABASE_URL": url,
        "SECRET_KEY": "only-of-the-drill-" + "0" * 32,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "only-of-the-drill-0123",
        "IVR_VAR": str(folder / "var"),
    }
    return bootstrap.build(read_settings(environ))


def _one_call(rt: Runtime, sid: str) -> None:
    """A call with its ticket, and a line in the audit log."""
    open_call(rt, sid=sid, caller=None)
    with rt.store.begin() as tx:
        tx.audit.add(
            AuditLine(at=tx.now(), actor="drill", action="drill.call", object=f"call:{sid}")
        )


def _restore(restored: Server, base: Path, changes: Path) -> None:
    """Put the backup into place and play every change that the stream holds."""
    data, log = restored.data, restored.log
    run_as_owner("cp", "-a", base, data, log=log)
    for file in changes.glob("*.partial"):
        run_as_owner("cp", file, file.with_suffix(""), log=log)
    run_as_owner("touch", data / "recovery.signal", log=log)
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"restore_command = 'cp {changes}/%f %p'\n")
    restored.start(alone=True)
    until = time.monotonic() + 300
    while time.monotonic() < until:
        with psycopg.connect(restored.url("ivr"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        if row is not None and row[0] is False:
            return
        time.sleep(0.05)
    raise RuntimeError("the restored server does not take writes")


def _replay(rt: Runtime) -> int:
    taken = 0
    while count := import_offline_calls(rt):
        taken += count
    return taken


def _restore_dump(server: Server, folder: Path) -> tuple[float, int]:
    """Restore the dump into a database of its own: seconds, and its tickets."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE from_dump")
    took = time.monotonic()
    run_as_owner(
        programs() / "pg_restore", "-h", server.folder, "-U", USER, "-d", "from_dump",
        "--exit-on-error", folder / "ivr.dump", log=folder / "restore.out",
    )  # fmt: skip
    seconds = time.monotonic() - took
    with psycopg.connect(server.url("from_dump")) as connection:
        row = connection.execute("SELECT count(*) FROM tickets").fetchone()
    assert row is not None
    return seconds, int(row[0])


def _calls(rt: Runtime) -> set[str]:
    with rt.store.reader.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(text("SELECT call_sid FROM tickets"))
        return {row[0] for row in rows}


def _size(folder: Path) -> int:
    done = subprocess.run(["du", "-sb", str(folder)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])
