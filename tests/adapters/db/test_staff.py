"""Rows of staff on both databases: sealed columns, compare-and-set, one-time steps and tries."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import OPEN, Desk, make_desk

from ivr.ports.staff import AuditLine, StaffRow, StaffSession, StaffTry

pytestmark = pytest.mark.on_both_stores
ROW = StaffRow(
    id="a1",
    login="ana",
    name="Ana",
    password_hash="x",
    totp="JBSWY3DPEHPK3PXP",
    subject="s1",
    roles=("agent", "supervisor"),
    skills=("atendimento", "segundo_nivel"),
    audio="sip",
    line="sip:ana@pbx.ms.gov.br",
    created_at=OPEN,
)


@pytest.fixture
def desk(tmp_path: Path, desk_store: str) -> Desk:
    made = make_desk(tmp_path)
    with made.rt.store.begin() as tx:
        assert tx.staff.add(ROW)
    return made


def test_row_comes_back_as_it_went_by_id_login_and_subject(desk: Desk) -> None:
    with desk.rt.store.begin(write=False) as tx:
        found = [tx.staff.get("a1"), tx.staff.by_login("ana"), tx.staff.by_subject("s1")]
        nobody = [tx.staff.get("b"), tx.staff.by_login("b"), tx.staff.by_subject("")]
        everyone = [row.login for row in tx.staff.everyone()]
    assert found == [ROW] * 3
    assert nobody == [None] * 3
    assert "ana" in everyone


def test_second_account_with_the_same_login_is_not_kept(desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        assert not tx.staff.add(replace(ROW, id="a2"))
        assert not tx.staff.add(replace(ROW, login="outra"))


def test_secrets_and_lines_are_sealed_at_rest(desk: Desk) -> None:
    with desk.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        text = str(connection.exec_driver_sql("SELECT * FROM staff").fetchall())
    assert "JBSWY3DPEHPK3PXP" not in text
    assert "pbx.ms.gov.br" not in text


def test_save_holds_only_on_the_version_that_was_read(desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        assert tx.staff.save(replace(ROW, name="Ana B", line="", totp=""))
        assert not tx.staff.save(replace(ROW, name="Ana C"))
        row = tx.staff.get("a1")
    assert row == replace(ROW, name="Ana B", line="", totp="", version=2)


def test_one_of_several_takes_a_time_step(desk: Desk) -> None:
    taken: list[bool] = []
    ready = threading.Barrier(6)

    def take() -> None:
        ready.wait()
        with desk.rt.store.begin() as tx:
            taken.append(tx.staff.use_totp("a1", 59_000_000))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 5 + [True]
    with desk.rt.store.begin() as tx:
        assert not tx.staff.use_totp("a1", 58_999_999)
        assert tx.staff.use_totp("a1", 59_000_001)


def test_saving_an_account_never_takes_a_used_step_back(desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        assert tx.staff.use_totp("a1", 59_000_000)
        assert tx.staff.save(replace(ROW, name="Ana B"))
        assert not tx.staff.use_totp("a1", 59_000_000)


def test_session_ends_once_and_is_not_touched_afterwards(desk: Desk) -> None:
    session = StaffSession(
        id="h", staff="a1", way="local", second_factor=True, created_at=OPEN, seen_at=OPEN
    )
    later = OPEN + timedelta(minutes=1)
    with desk.rt.store.begin() as tx:
        tx.staff.open_session(session)
        tx.staff.touch_session("h", at=later)
        assert tx.staff.session("h") == replace(session, seen_at=later)
        assert tx.staff.sessions_of("a1") == [replace(session, seen_at=later)]
        assert tx.staff.end_session("h", at=later)
        assert not tx.staff.end_session("h", at=later)
        assert tx.staff.session("h") is None
        assert tx.staff.sessions_of("a1") == []


def test_open_and_failed_tries_count_and_their_end_is_written_once(desk: Desk) -> None:
    with desk.rt.store.begin() as tx:
        for name, minute in (("t1", 0), ("t2", 5), ("t3", 10)):
            at = OPEN + timedelta(minutes=minute)
            tx.staff.reserve_try(StaffTry(id=name, account="k", address="p", at=at))
        assert tx.staff.settle_try("t1", passed=False)
        assert not tx.staff.settle_try("t1", passed=True)
        assert not tx.staff.settle_try("t9", passed=True)
        assert tx.staff.failures(account="k", since=OPEN - timedelta(seconds=1)) == 3
        assert tx.staff.failures(account="k", since=OPEN) == 2
        assert tx.staff.settle_try("t2", passed=True)
        assert tx.staff.failures_of_address(address="p", since=OPEN) == 1
        known = tx.staff.try_of("t2")
    assert known is not None
    assert known.passed is True


def test_audit_tells_newest_first_of_one_object(desk: Desk) -> None:
    lines = [
        AuditLine(at=OPEN, actor="a", action=f"n{n}", object="staff:a1", data={"n": n})
        for n in range(3)
    ]
    with desk.rt.store.begin() as tx:
        for line in lines:
            tx.audit.add(line)
        tx.audit.add(replace(lines[0], object="staff:b"))
        assert tx.audit.of("staff:a1", limit=2) == lines[:0:-1]
