"""The embedded database keeps what it acknowledged, for its owner's eyes only."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text
from store_rows import begin_call, opened

from ivr.adapters.db.migrate import upgrade

ROOT = Path(__file__).parents[3]
ACKNOWLEDGED = 150

WRITER = """
import sys
from store_rows import START, a_call, an_entry, opened
store = opened(sys.argv[1])
turn = 0
while True:
    with store.begin() as tx:
        assert tx.calls.advance(call=a_call(state={"n": turn}), turn=turn, reply=b"%d" % turn,
                                now=START)
        tx.journal.add("CA1", [an_entry(n, turn=turn) for n in range(3)])
        tx.tickets.change("P-CA1", node=str(turn))
    sys.stdout.write(f"{turn}\\n")
    sys.stdout.flush()
    turn += 1
"""


def test_file_and_folder_are_for_the_owner_only(sqlite_url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        upgrade(sqlite_url)
        store = opened(sqlite_url)
        begin_call(store)
        folder = tmp_path / "store"
        assert folder.stat().st_mode & 0o777 == 0o700
        names = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    finally:
        os.umask(before)
    store.close()
    assert names == dict.fromkeys(("calls.db", "calls.db-wal", "calls.db-shm"), 0o600)


def test_every_connection_syncs_fully_and_checks_references(sqlite_url: str) -> None:
    store = opened(sqlite_url)
    with store.engine.connect() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
    store.close()
    assert found == wanted


def test_writer_killed_at_any_moment_loses_no_acknowledged_turn(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    store = opened(sqlite_url)
    begin_call(store)
    store.close()
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, sqlite_url],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(ACKNOWLEDGED)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout.read().splitlines() if line]
    writer.wait()
    writer.stdout.close()

    with store.begin(write=False) as tx:
        view, journal = tx.calls.view("CA1", 0), tx.journal.of("CA1")
        ticket = tx.tickets.by_protocol("P-CA1")
        replies = [seen.reply for turn in acknowledged if (seen := tx.calls.view("CA1", turn))]
    store.close()
    assert view is not None and ticket is not None
    turns = view.call.turn
    assert acknowledged == list(range(len(acknowledged)))
    assert turns - len(acknowledged) in (0, 1)
    assert replies == [b"%d" % turn for turn in acknowledged]
    assert view.call.state == {"n": turns - 1}
    assert ticket.node == str(turns - 1)
    assert [(entry.turn, entry.seq) for entry in journal] == [
        (turn, seq) for turn in range(turns) for seq in range(3)
    ]
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_child_of_a_fork_opens_its_own_connection(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    store = opened(sqlite_url)
    begin_call(store)
    child = os.fork()
    if child == 0:
        try:
            begin_call(store, "CA2")
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    begin_call(store, "CA3")
    with store.begin(write=False) as tx:
        assert all(tx.calls.view(sid, 0) for sid in ("CA1", "CA2", "CA3"))
    store.close()
