"""Database, audio, worker or carrier away: Portuguese, a person, and no call lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import OPEN, PUBLIC, Desk, people
from twiml_grammar import check_twiml
from web.phone_line import (
    PhoneLine,
    Post,
    call,
    identify,
    later,
    post,
    sid_of,
    still_desk,
    words,
)

from ivr.adapters.db.store import open_store
from ivr.adapters.sealing import HmacHash
from ivr.adapters.twilio.documents import APOLOGY
from ivr.ports.store import StoreUnavailableError, Transaction
from ivr.service import offline
from ivr.service.worker import sweep

ROUTES = (
    "/voice/incoming",
    "/voice/turn?n=1",
    "/voice/wait?n=1",
    "/voice/status",
    "/voice/recording",
    "/voice/fallback",
)
HEARD = ("/voice/incoming", "/voice/turn?n=1", "/voice/fallback")
IN_QUEUE = {"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather", "Response"}
"""What may stand in a document of the queue (twilio.com/docs/voice/twiml/enqueue#waiturl)."""


class FailingStore:
    """Away while ``away``; each try counts."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def ping(self) -> None:
        if self.away:
            raise StoreUnavailableError("away on purpose")
        self.inner.ping()

    @contextmanager
    def begin(self, *, write: bool = True) -> Iterator[Transaction]:
        if self.away:
            raise StoreUnavailableError("away on purpose")
        with self.inner.begin(write=write) as tx:
            yield tx


@pytest.fixture
def weak(quick: Path) -> Desk:
    """A desk whose database can be taken away: ``weak.rt.store.away = True``."""
    desk = still_desk(quick)
    desk.rt = replace(desk.rt, store=FailingStore(desk.rt.store))
    desk.app.extensions["ivr"] = desk.rt
    return desk


def take_away(desk: Desk, away: bool = True) -> None:
    desk.rt.store.away = away  # type: ignore[attr-defined]


def offline_lines(desk: Desk) -> list[dict[str, str]]:
    path = desk.rt.offline_journal
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def send(desk: Desk, path: str, sid: str) -> Any:
    line = PhoneLine(desk=desk, sid=sid)
    more: dict[str, str] = {}
    if path == "/voice/recording":
        more = {"RecordingSid": "RE" + "1" * 32, "RecordingStatus": "completed"}
    if path == "/voice/status":
        more = {"CallStatus": "completed"}
    return post(desk, path, line.fields(**more))


@pytest.mark.parametrize("path", ROUTES)
def test_without_database_every_route_answers_a_valid_document(weak: Desk, path: str) -> None:
    line = call(weak)
    take_away(weak)
    answer = send(weak, path, line.sid)
    assert answer.status_code == 200
    assert check_twiml(answer.text) == []
    if path in HEARD:
        assert APOLOGY in words(answer.data)
        assert "<Enqueue>atendimento" in answer.text
    assert [entry["where"] for entry in offline_lines(weak)] == [path.partition("?")[0]]
    assert offline_lines(weak)[0]["sid"] == line.sid


def test_the_queue_is_answered_without_database_by_what_a_queue_may_play(weak: Desk) -> None:
    line = call(weak)
    line.key("0")
    line.go_on()
    for failure in ("database", "garbled"):
        take_away(weak, failure == "database")
        wrong = {"QueuePosition": "first"} if failure == "garbled" else {}
        answer = post(weak, f"/voice/wait?n={line.turn}", line.fields(**wrong))
        assert answer.status_code == 200
        assert set(re.findall(r"<(\w+)", answer.text)) <= IN_QUEUE, failure
        assert "Play" in answer.text


def test_a_document_for_a_person_would_not_be_allowed_in_the_queue(weak: Desk) -> None:
    """The control: the check above fails for the document of the other routes."""
    take_away(weak)
    answer = send(weak, "/voice/turn?n=1", sid_of("x"))
    assert not set(re.findall(r"<(\w+)", answer.text)) <= IN_QUEUE


def test_a_call_that_began_without_database_becomes_one_ticket_later(weak: Desk) -> None:
    take_away(weak)
    sid = sid_of("lost")
    for _ in range(3):
        send(weak, "/voice/incoming", sid)
    with pytest.raises(StoreUnavailableError):
        sweep(weak.rt)
    assert len(offline_lines(weak)) == 3
    take_away(weak, False)
    for _ in range(3):
        sweep(weak.rt)
    assert weak.rows("calls") == weak.rows("tickets") == 1
    ticket = weak.ticket(sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")
    kinds = weak.kinds(sid)
    assert kinds.count("fault.no_database") == 1, "one line for the three equal entries"
    assert kinds.count("call.ended") == 1
    assert offline_lines(weak) == []


def test_a_call_that_lost_the_database_half_way_keeps_its_ticket_open(weak: Desk) -> None:
    line = identify(call(weak), people()["ana"]["cpf"])
    take_away(weak)
    line.key(people()["ana"]["pin"])
    assert "<Enqueue" in line.heard[-1].decode()
    line.send("/voice/status", CallStatus="completed")
    take_away(weak, False)
    sweep(weak.rt)
    assert weak.rows("tickets") == 1
    weak.telephony.ended[line.sid] = True
    later(weak, minutes=6)
    assert sweep(weak.rt) == 1
    ticket = weak.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


def test_a_call_that_was_already_told_as_abandoned_is_opened_again(weak: Desk) -> None:
    line = call(weak)
    take_away(weak)
    line.key("1")
    take_away(weak, False)
    line.hang_up()
    assert weak.ticket(line.sid).status == "closed"
    sweep(weak.rt)
    ticket = weak.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.closed_at) == ("fault", "open", None)


def test_an_import_that_dies_half_way_is_finished_by_the_next(weak: Desk) -> None:
    take_away(weak)
    for number in range(4):
        send(weak, "/voice/incoming", sid_of(f"lost {number}"))
    take_away(weak, False)
    real = weak.rt.store.inner.begin  # type: ignore[attr-defined]
    count = 0

    def dying(*, write: bool = True) -> Any:
        nonlocal count
        count += 1
        if count == 12:
            raise StoreUnavailableError("away again")
        return real(write=write)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weak.rt.store.inner, "begin", dying)  # type: ignore[attr-defined]
        sweep(weak.rt)
    assert weak.rows("tickets") < 4
    sweep(weak.rt)
    assert weak.rows("tickets") == 4
    for number in range(4):
        ticket = weak.ticket(sid_of(f"lost {number}"))
        assert (ticket.outcome, ticket.status) == ("fault", "open")
        assert weak.kinds(sid_of(f"lost {number}")).count("fault.no_database") == 1


def test_a_torn_line_of_the_journal_does_not_keep_the_others(weak: Desk) -> None:
    take_away(weak)
    send(weak, "/voice/incoming", sid_of("whole"))
    path = weak.rt.offline_journal
    assert path is not None
    path.write_text('{"sid": "CA\n[]\n{}\n' + path.read_text() + '{"si')
    take_away(weak, False)
    sweep(weak.rt)
    assert weak.rows("tickets") == 1
    assert weak.ticket(sid_of("whole")).outcome == "fault"


def test_a_second_worker_that_comes_while_the_journal_is_taken_in_loses_nothing(
    weak: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away(weak)
    send(weak, "/voice/incoming", sid_of("first"))
    take_away(weak, False)
    path = weak.rt.offline_journal
    assert path is not None
    take_in = offline._take_in
    others: list[int] = []

    def meanwhile(rt: Any, sid: str, where: str, at: str) -> None:
        if not others:
            offline.write_offline(path, sid=sid_of("late"), at=OPEN, where="/voice/incoming")
            others.append(offline.import_offline_calls(rt))
        take_in(rt, sid, where, at)

    monkeypatch.setattr(offline, "_take_in", meanwhile)
    assert offline.import_offline_calls(weak.rt) == 1
    assert others == [0], "the second worker leaves it to the first"
    assert offline.import_offline_calls(weak.rt) == 1
    assert weak.ticket(sid_of("first")).outcome == weak.ticket(sid_of("late")).outcome == "fault"


def test_a_call_that_reaches_nothing_but_the_fallback_has_an_open_ticket(still: Desk) -> None:
    line = PhoneLine(desk=still, sid=sid_of("only the fallback"))
    line.send("/voice/fallback", ErrorCode="11200", ErrorUrl=f"{PUBLIC}/voice/incoming")
    line.hang_up()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


def test_a_forged_request_writes_no_line_of_the_journal(weak: Desk) -> None:
    take_away(weak)
    fields = PhoneLine(desk=weak, sid=sid_of("forged")).fields()
    assert post(weak, "/voice/incoming", fields, signature="forged").status_code == 403
    assert offline_lines(weak) == []


def test_a_journal_that_cannot_be_written_does_not_keep_the_caller_from_a_person(
    weak: Desk, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    weak.rt = replace(weak.rt, offline_journal=blocked / "calls.jsonl")
    weak.app.extensions["ivr"] = weak.rt
    take_away(weak)
    answer = send(weak, "/voice/incoming", sid_of("x"))
    assert answer.status_code == 200
    assert "<Enqueue" in answer.text


def test_the_line_of_the_journal_holds_nothing_of_the_caller(weak: Desk) -> None:
    line = identify(call(weak), people()["ana"]["cpf"])
    take_away(weak)
    line.key(people()["ana"]["pin"])
    (entry,) = offline_lines(weak)
    assert set(entry) == {"sid", "at", "where"}


HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextmanager
def locked_by_another_process(database: Path) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(b"")


@pytest.mark.sqlite_only
def test_a_database_file_that_another_process_locks_is_an_outage_like_any_other(
    quick: Path,
) -> None:
    desk = still_desk(quick)
    key = desk.settings.secret_key.encode()
    impatient = open_store(
        desk.settings.database_url,
        seal=desk.rt.store._seal,  # type: ignore[attr-defined]
        keyed_hash=HmacHash(key),
        clock=desk.clock,
        patience_s=0.1,
    )
    desk.rt = replace(desk.rt, store=impatient)
    desk.app.extensions["ivr"] = desk.rt
    line = call(desk)
    with locked_by_another_process(quick / "desk.db"):
        for path in ("/voice/incoming", "/voice/turn?n=1"):
            answer = send(desk, path, line.sid if "turn" in path else sid_of("during the lock"))
            assert answer.status_code == 200
            assert "<Enqueue" in answer.text
    sweep(desk.rt)
    assert desk.ticket(sid_of("during the lock")).outcome == "fault"
    assert desk.ticket(line.sid).outcome == "fault"
    assert b"<Gather" in call(desk, "after").heard[-1]


def test_health_tells_of_the_process_and_readiness_of_the_database(weak: Desk) -> None:
    client = weak.app.test_client()
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    take_away(weak)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_log_that_cannot_be_written_costs_no_call(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk:
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken on purpose")

    line = call(still)
    monkeypatch.setattr("sys.stderr", FullDisk())
    monkeypatch.setattr("ivr.service.turns.engine.step", broken)
    line.key("1")
    assert b"<Enqueue" in line.heard[-1]


def test_a_retry_storm_after_an_outage_hears_one_answer_a_call(weak: Desk) -> None:
    lines = [call(weak, f"storm {number}") for number in range(20)]
    requests = [Post(path="/voice/turn?n=1", fields=line.fields(Digits="1")) for line in lines]
    take_away(weak)
    for request in requests:
        assert request.send(weak).status_code == 200
    take_away(weak, False)
    heard = {request.send(weak).data for request in requests * 3}
    assert len(heard) == 1
    assert {weak.call(line.sid).turn for line in lines} == {2}
