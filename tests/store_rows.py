"""Rows and stores for the tests of the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ivr.adapters.db.store import SqlStore, open_store
from ivr.adapters.sealing import AesGcmSeal, HmacHash
from ivr.ports.store import (
    Attempt,
    CallbackRow,
    CallRow,
    CodeRow,
    Job,
    JournalEntry,
    LinkRow,
    QueueRow,
    RecordingRow,
    Store,
    TicketRow,
)

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = b"a secret key that only the tests know"
CALLER = "+5567999990001"


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


def opened(url: str, **options: Any) -> SqlStore:
    """A store with the tests' key; its clock stands still unless another is given."""
    options.setdefault("clock", HandClock())
    return open_store(url, seal=AesGcmSeal(SECRET), keyed_hash=HmacHash(SECRET), **options)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_call(sid: str = "CA1", **changes: Any) -> CallRow:
    fields: dict[str, Any] = {
        "protocol": f"P-{sid}",
        "turn": 0,
        "state": {"at": {"flow": "main", "node": "welcome"}, "values": {"name": "Conceição"}},
        "caller": CALLER,
        "started_at": START,
        "outcome": "abandoned",
        "revision": "r1",
    }
    return CallRow(sid=sid, **{**fields, **changes})


def a_ticket(sid: str = "CA1", **changes: Any) -> TicketRow:
    fields: dict[str, Any] = {
        "protocol": f"P-{sid}",
        "opened_at": START,
        "due_business": date(2026, 3, 5),
        "due_calendar": date(2026, 3, 12),
    }
    return TicketRow(call_sid=sid, **{**fields, **changes})


def an_entry(seq: int = 0, *, turn: int = 0, **changes: Any) -> JournalEntry:
    fields: dict[str, Any] = {"at": START, "kind": "node.entered", "flow": "main", "node": "menu"}
    return JournalEntry(turn=turn, seq=seq, **{**fields, **changes})


def a_job(key: str = "job-1", **changes: Any) -> Job:
    fields: dict[str, Any] = {"kind": "sms.code", "call_sid": "CA1", "payload": {"code": "c1"}}
    return Job(key=key, **{**fields, **changes})


def an_attempt(turn: int = 1, **changes: Any) -> Attempt:
    fields: dict[str, Any] = {
        "call_sid": "CA1", "factor": "pin", "account": "acc", "caller": "tel", "at": START,
    }  # fmt: skip
    return Attempt(turn=turn, **{**fields, **changes})


def a_code(id: str = "c1", **changes: Any) -> CodeRow:
    fields: dict[str, Any] = {
        "call_sid": "CA1",
        "account": "acc",
        "destination": "tel",
        "salt": b"salt of a code",
        "sent_at": START,
        "expires_at": after(600),
    }
    return CodeRow(id=id, **{**fields, **changes})


def a_link(id: str = "l1", **changes: Any) -> LinkRow:
    fields: dict[str, Any] = {
        "purpose": "password",
        "call_sid": "CA1",
        "service": "email",
        "directory": "demo",
        "uid": "ana",
        "salt": b"salt of a link",
        "created_at": START,
        "expires_at": after(3600),
    }
    return LinkRow(id=id, **{**fields, **changes})


def a_recording(sid: str = "RE1", **changes: Any) -> RecordingRow:
    fields: dict[str, Any] = {
        "protocol": "P-CA1", "call_sid": "CA1", "purpose": "need", "seconds": 12, "at": START,
    }  # fmt: skip
    return RecordingRow(sid=sid, **{**fields, **changes})


def a_callback(sid: str = "CA1", **changes: Any) -> CallbackRow:
    fields: dict[str, Any] = {
        "protocol": f"P-{sid}", "number": CALLER, "asked_at": START, "due": date(2026, 3, 5),
    }  # fmt: skip
    return CallbackRow(call_sid=sid, **{**fields, **changes})


def a_wait(sid: str = "CA1", **changes: Any) -> QueueRow:
    return QueueRow(call_sid=sid, **{"queue": "desk", "entered_at": START, **changes})


def begin_call(store: Store, sid: str = "CA1", **changes: Any) -> CallRow:
    """A call and its ticket, committed."""
    call = a_call(sid, **changes)
    with store.begin() as tx:
        assert tx.calls.add(call)
        tx.tickets.add(a_ticket(sid))
    return call
