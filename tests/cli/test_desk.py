"""``flask desk``, and the desk's loop of ``flask worker``."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, make_desk
from desk_floor import QUEUE, Floor
from store_rows import HandClock, a_job, opened

from ivr.adapters.db.migrate import upgrade
from ivr.cli.desk_loop import DeskLoop, tick_and_drain
from ivr.ports.store import StoreUnavailableError
from ivr.service.desk.ledger import note
from ivr.service.desk.router import route_now


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    url = f"sqlite:///{tmp_path}/floor.db"
    upgrade(url)
    clock = HandClock()
    store = opened(url, clock=clock)
    yield Floor(store=store, clock=clock)
    store.close()


@pytest.fixture
def asked(floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command of the desk over the floor; its exit code and what it prints."""
    app = make_desk(tmp_path).app
    monkeypatch.setattr(import_module("ivr.cli.desk"), "_runtime", lambda: floor)

    def ask(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["desk", *words])
        return done.exit_code, done.output

    return ask


def test_status_tells_who_waits_who_is_there_and_what_is_offered(floor: Floor, asked: Any) -> None:
    assert asked("status") == (0, "Filas vazias.\nNenhum agente na operação.\n")
    floor.agent("ana")
    floor.call("CA1")
    floor.clock.move(2)
    route_now(floor)
    code, told = asked("status")
    assert code == 0
    assert "Fila atendimento: 1 na espera, a maior há 00:02" in told
    assert "Ana: reservado" in told
    assert "P-CA1 a ana, reserved, 3 s" in told


def test_ledger_that_holds_ends_with_zero(floor: Floor, asked: Any) -> None:
    floor.agent("ana")
    floor.call("CA1")
    route_now(floor)
    code, told = asked("ledger", "--check")
    assert (code, told) == (0, "4 linhas conferem.\n")
    assert "offer.made CA1" in asked("ledger", "--last", "2")[1]


def test_ledger_that_does_not_hold_ends_with_one_and_names_the_line(
    floor: Floor, asked: Any
) -> None:
    floor.agent("ana")
    with floor.store.begin() as tx:
        note(tx, "queue.left", at=tx.now(), call_sid="CA9", queue=QUEUE, result="answered")
        note(tx, "queue.left", at=tx.now(), call_sid="CA8", queue=QUEUE, result="answered")
    code, told = asked("ledger", "--check")
    assert code == 1
    assert "linha 2 (queue.left): CA9 does not wait" in told


def test_ledger_lines_cannot_be_changed(floor: Floor) -> None:
    floor.agent("ana")
    with pytest.raises(Exception, match="only grow"), floor.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE routing_ledger SET agent = 'bia'")


class GoneForAWhile:
    """A store whose first transactions fail."""

    def __init__(self, store: Any, failures: int) -> None:
        self.store, self.failures = store, failures

    @contextmanager
    def begin(self, *, write: bool = True) -> Iterator[Any]:
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailableError("gone")
        with self.store.begin(write=write) as tx:
            yield tx


def test_loop_outlives_a_database_that_is_away(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.cli.desk_loop.AFTER_A_FAULT_S", 0.01)
    floor.agent("ana")
    floor.call("CA1")
    whole = floor.store
    floor.store = GoneForAWhile(whole, 4)  # type: ignore[assignment]
    loop = DeskLoop(floor)  # type: ignore[arg-type]
    loop.start()
    try:
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            with whole.begin(write=False) as tx:
                if tx.desk.open_offers():
                    break
            time.sleep(0.02)
        else:
            pytest.fail("nothing was offered after the database came back")
    finally:
        loop.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("desk-") and t.is_alive()]


def test_loop_does_the_jobs_of_the_desk_and_leaves_the_others(desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        tx.outbox.add(a_job("mine", kind="desk.unknown_to_all"))
        tx.outbox.add(a_job("other", kind="sms.unknown_to_all"))
    assert tick_and_drain(desk.rt)
    mine, other = desk.job("mine"), desk.job("other")
    assert mine is not None and mine.state == "failed"
    assert other is not None and other.state == "queued"
