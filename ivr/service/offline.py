"""Calls that were answered while the database could not be reached.

The edge appends a line to a file; the worker turns each into a call with its ticket later. A line
holds the carrier's id of the call and a time, nothing of the caller.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ivr.domain.outcome import CallOutcome
from ivr.ports.store import StoreUnavailableError
from ivr.service.ending import end_call
from ivr.service.journal import note
from ivr.service.left_behind import mark_fault
from ivr.service.opening import open_call
from ivr.service.runtime import Runtime

KIND = "fault.no_database"


def write_offline(path: Path, *, sid: str, at: datetime, where: str) -> None:
    """Append one line. ``where``: the webhook's path. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"sid": sid, "at": at.isoformat(), "where": where})
    with _held(path.with_suffix(".writing")), path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def import_offline_calls(rt: Runtime) -> int:
    """Open a ticket for each call of the file that has none; the number of lines taken in.

    The file is set aside first, and removed only when every line is in the database. A line that
    is taken in twice changes nothing the second time. Of several workers one takes in at a time.
    """
    path = rt.offline_journal
    if path is None or not path.parent.exists():
        return 0
    aside = path.with_suffix(".importing")
    try:
        with _held(path.with_suffix(".lock"), wait=False):
            if not aside.exists():
                with _held(path.with_suffix(".writing")):
                    if not path.exists():
                        return 0
                    path.rename(aside)
            return _take_in_all(rt, aside)
    except BlockingIOError:
        return 0


def _take_in_all(rt: Runtime, aside: Path) -> int:
    taken = 0
    for line in aside.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            sid = str(entry["sid"])
        except (ValueError, KeyError, TypeError):
            continue
        try:
            _take_in(rt, sid, str(entry.get("where", "")), str(entry.get("at", "")))
        except StoreUnavailableError:
            return taken
        taken += 1
    aside.unlink()
    return taken


@contextmanager
def _held(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file among processes; it is let go when the process dies.

    Raises BlockingIOError when another holds it and ``wait`` is False.
    """
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _take_in(rt: Runtime, sid: str, where: str, at: str) -> None:
    open_call(rt, sid=sid, caller=None)
    with rt.store.begin() as tx:
        view = tx.calls.view(sid, 0)
        if view is None:
            return
        told = {"where": where, "at": at}
        if all(e.kind != KIND or dict(e.data) != told for e in tx.journal.of(sid)):
            note(tx, sid, KIND, where=where, at=at)
        ticket = tx.tickets.by_protocol(view.call.protocol)
        abandoned = ticket is not None and ticket.outcome == CallOutcome.ABANDONED
        live = view.call.ended_at is None
        if ticket is not None and where != "/voice/status" and (live or abandoned):
            mark_fault(tx, ticket)
        answered = view.call.turn > 0
    if live and not answered:
        end_call(rt, sid=sid, by="sweep")
