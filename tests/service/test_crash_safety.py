"""Any process may die at any line: after a restart there is one reset, one message, one notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, FakeSms, people
from hypothesis import given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml
from web.phone_line import (
    PhoneLine,
    asks,
    call,
    later,
    order_reset,
    prove,
    sid_of,
    speaks,
    still_desk,
)

from ivr.ports.directory import Account, Directory, IdKind
from ivr.ports.errors import PortError
from ivr.ports.store import Store, Transaction
from ivr.service.worker import drain

pytestmark = pytest.mark.on_both_stores


class Died(BaseException):
    """The process is gone; nothing of ours may catch this."""


@dataclass
class FailPoints:
    """Counts the places where a process could die; dies at those in ``at``, once at ``named``."""

    at: frozenset[int] = frozenset()
    named: str = ""
    passed: int = 0
    deaths: int = 0
    names: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        self.passed += 1
        self.names.append(name)
        if self.passed in self.at or name == self.named:
            self.named = ""
            self.deaths += 1
            raise Died(name)


class MortalStore:
    """A store whose process may die before and after each commit."""

    def __init__(self, inner: Store, points: FailPoints) -> None:
        self.inner = inner
        self.points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextmanager
    def begin(self, *, write: bool = True) -> Iterator[Transaction]:
        with self.inner.begin(write=write) as tx:
            yield tx
            if write:
                self.points.reach("before commit")
        if write:
            self.points.reach("after commit")


@dataclass
class MortalSms(FakeSms):
    points: FailPoints = field(default_factory=FailPoints)

    def send(self, *, to: str, body: str) -> str:
        self.points.reach("before message")
        sent = super().send(to=to, body=body)
        self.points.reach("after message")
        return sent


class MortalDirectory:
    def __init__(self, inner: Directory, points: FailPoints) -> None:
        self.inner = inner
        self.points = points
        self.name = inner.name

    def find(self, *, kind: IdKind, number: str) -> Account | None:
        return self.inner.find(kind=kind, number=number)

    def get(self, uid: str) -> Account | None:
        return self.inner.get(uid)

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        self.points.reach("before reset")
        self.inner.reset(uid=uid, password=password, marker=marker, must_change=must_change)
        self.points.reach("after reset")

    def unlock(self, *, uid: str, marker: str) -> None:
        self.inner.unlock(uid=uid, marker=marker)

    def applied(self, *, uid: str, marker: str) -> bool:
        return self.inner.applied(uid=uid, marker=marker)


def mortal_desk(folder: Path, points: FailPoints) -> Desk:
    desk = still_desk(folder, sms=MortalSms(points=points))
    desk.sms = desk.rt.sms  # type: ignore[assignment]
    directories = {
        name: MortalDirectory(directory, points) for name, directory in desk.rt.directories.items()
    }
    desk.rt = replace(desk.rt, store=MortalStore(desk.rt.store, points), directories=directories)
    desk.app.extensions["ivr"] = desk.rt
    return desk


def survive(desk: Desk, action: Callable[[], Any]) -> None:
    """Do it; after a death the clock moves on and the same is asked for once more."""
    for _ in range(5):
        try:
            action()
        except Died:
            later(desk, seconds=61)
            continue
        return
    raise AssertionError("dies for ever")


def live_through(desk: Desk, *, delivery: str) -> PhoneLine:
    """The reset story, request by request and job by job, each as often as it takes."""
    line = PhoneLine(desk=desk, sid=sid_of("one"))
    ana = people()["ana"]
    steps: list[str | None] = ["", "1", ana["cpf"], "1", ana["pin"], None, "1", "1", delivery, ""]
    steps += ["", "5"] if delivery == "2" else ["5"]
    for number, keyed in enumerate(steps):
        digits = desk.sms.code() if keyed is None else keyed
        path = "/voice/incoming" if number == 0 else f"/voice/turn?n={line.turn}"
        more = {"Digits": digits} if digits else {}
        survive(desk, lambda path=path, more=more: line.send(path, **more))
        assert check_twiml(line.heard[-1].decode()) == []
        survive(desk, desk.work)
    survive(desk, line.hang_up)
    survive(desk, desk.work)
    return line


def assert_all_happened_once(desk: Desk, line: PhoneLine, *, delivery: str) -> None:
    bodies = [body for _, body in desk.sms.sent]
    assert len(bodies) == len(set(bodies)) == 2
    assert sum("codigo" in body for body in bodies) == 1
    if delivery == "2":
        assert sum("trocada por telefone" in body for body in bodies) == 1
    else:
        assert sum("/senha/" in body for body in bodies) == 1
    assert desk.rows("demo_change") == (1 if delivery == "2" else 0)
    assert desk.rows("resets") == 1
    assert desk.rows("proof_attempts") == 2
    assert desk.rows("proof_codes") == 1
    assert desk.rows("calls") == desk.rows("tickets") == 1
    ticket = desk.ticket(line.sid)
    waits = "pending" if delivery == "1" else "closed"
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", waits)
    assert ticket.rating == 5
    kinds = desk.kinds(line.sid)
    for kind in ("call.opened", "person.verified", "directory.reset.settled", "call.ended"):
        assert kinds.count(kind) == 1, kind


@pytest.mark.parametrize(("delivery", "first"), [("2", 1), ("1", 40)])
def test_a_death_at_any_point_of_the_call_changes_nothing_in_the_end(
    quick: Path, delivery: str, first: int
) -> None:
    """With a link only from ``first`` on: before, the two calls are the same."""
    alive = FailPoints()
    folder = quick / "alive"
    folder.mkdir()
    desk = mortal_desk(folder, alive)
    assert_all_happened_once(desk, live_through(desk, delivery=delivery), delivery=delivery)
    assert alive.passed > 50
    for point in range(first, alive.passed + 1):
        folder = quick / str(point)
        folder.mkdir()
        points = FailPoints(at=frozenset({point}))
        desk = mortal_desk(folder, points)
        line = live_through(desk, delivery=delivery)
        assert points.deaths == 1
        try:
            assert_all_happened_once(desk, line, delivery=delivery)
        except AssertionError as error:
            where = alive.names[point - 1]
            raise AssertionError(f"after a death at point {point}, {where}") from error
        desk.close()


@given(at=st.sets(st.integers(1, 90), min_size=2, max_size=4))
@settings(max_examples=8, deadline=None)
def test_several_deaths_in_one_call_change_nothing_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, at: set[int]
) -> None:
    desk = mortal_desk(tmp_path_factory.mktemp("deaths"), FailPoints(at=frozenset(at)))
    line = live_through(desk, delivery="2")
    assert_all_happened_once(desk, line, delivery="2")
    desk.close()


class ForgetfulDirectory(MortalDirectory):
    """Does not know markers: what a directory without them would do."""

    def reset(self, *, uid: str, password: str, marker: str, must_change: bool) -> None:
        self.calls = getattr(self, "calls", 0) + 1
        self.points.reach("before reset")
        self.inner.reset(
            uid=uid, password=password, marker=f"{marker}:{self.calls}", must_change=must_change
        )
        self.points.reach("after reset")


def test_without_markers_a_death_after_the_reset_would_be_noticed(quick: Path) -> None:
    """The control: the checks above find a second change in the directory, or its refusal."""
    points = FailPoints()
    desk = mortal_desk(quick, points)
    inner = desk.rt.directories[desk.rt.identity]
    forgetful = ForgetfulDirectory(inner.inner, points)  # type: ignore[attr-defined]
    desk.rt = replace(desk.rt, directories=dict.fromkeys(desk.rt.directories, forgetful))
    desk.app.extensions["ivr"] = desk.rt
    line = order_reset(prove(call(desk)), "2")
    points.named = "after reset"
    survive(desk, desk.work)
    assert points.deaths == 1
    settled = desk.job(f"reset:{line.sid}:{line.turn - 1}")
    assert settled is not None
    twice = desk.rows("demo_change") == 2
    refused = settled.outcome.get("outcome") == "refused"
    assert twice or refused


def test_a_lost_answer_of_the_directory_is_not_a_second_reset(quick: Path) -> None:
    desk = still_desk(quick)
    directory: Any = desk.rt.directories[desk.rt.identity]
    directory.faults.lose_answers = 1
    line = order_reset(prove(call(desk)), "2")
    desk.work()
    assert b"reset" not in line.go_on()
    later(desk, seconds=5)
    desk.work()
    assert desk.rows("demo_change") == 1
    line.go_on()
    assert b"/audio/secret/" in line.heard[-1]
    assert sum("trocada" in body for _, body in desk.sms.sent) == 1


def test_a_message_whose_answer_was_lost_is_looked_up_and_not_sent_again(quick: Path) -> None:
    desk = still_desk(quick)
    line = order_reset(prove(call(desk)), "1")
    desk.sms.lose = 1
    desk.work()
    for _ in range(4):
        later(desk, seconds=30)
        desk.work()
    assert sum("/senha/" in body for _, body in desk.sms.sent) == 1
    job = desk.job(f"link:reset:{line.sid}:{line.turn - 1}")
    assert job is not None
    assert (job.state, job.attempts) == ("done", 2)


@dataclass
class BlindSms(FakeSms):
    """A provider that finds nothing again."""

    def find(self, *, to: str, tag: str, since: datetime) -> str | None:
        return None


def test_a_provider_that_cannot_look_up_would_send_twice(quick: Path) -> None:
    """The control for the look-up."""
    desk = still_desk(quick, sms=BlindSms())
    desk.sms = desk.rt.sms  # type: ignore[assignment]
    order_reset(prove(call(desk)), "1")
    desk.sms.lose = 1
    desk.work()
    later(desk, seconds=30)
    desk.work()
    assert sum("/senha/" in body for _, body in desk.sms.sent) == 2


def test_a_directory_that_is_down_is_tried_for_hours_and_then_a_person_has_the_ticket(
    quick: Path,
) -> None:
    desk = still_desk(quick)
    line = order_reset(prove(call(desk)), "2")
    directory: Any = desk.rt.directories[desk.rt.identity]
    directory.faults.down = True
    _listen_to_the_end_of_patience(desk, line)
    assert line.hears("reset.later")
    for done in ("reset.link_sent", "reset.listen", "reset.spoken_done"):
        assert not any(speaks(desk, document, done) for document in line.heard)
    line.hang_up()
    assert (desk.ticket(line.sid).outcome, desk.ticket(line.sid).status) == (
        "in_progress",
        "pending",
    )
    for _ in range(60):
        later(desk, minutes=5)
        drain(desk.rt)
    ticket = desk.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")
    assert desk.rows("demo_change") == 0


def _listen_to_the_end_of_patience(desk: Desk, line: PhoneLine) -> None:
    for _ in range(20):
        if asks(line.heard[-1]):
            return
        line.go_on()
        later(desk, seconds=4)
        desk.work()
    raise AssertionError("the filler has no end")


def test_a_temporary_failure_of_the_provider_is_retried_and_a_permanent_one_opens_the_ticket(
    quick: Path,
) -> None:
    desk = still_desk(quick)
    line = order_reset(prove(call(desk)), "1")
    desk.sms.broken = PortError("provider_down")
    desk.work()
    line.go_on()
    key = f"link:reset:{line.sid}:8"
    job = desk.job(key)
    assert job is not None
    assert job.state == "queued"
    desk.sms.broken = PortError("unreachable_number", permanent=True)
    later(desk, minutes=6)
    desk.work()
    line.go_on()
    assert line.hears("reset.cannot")
    line.hang_up()
    ticket = desk.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


def test_a_temporary_failure_ends_in_the_message_being_sent(quick: Path) -> None:
    desk = still_desk(quick)
    line = order_reset(prove(call(desk)), "1")
    desk.sms.broken = PortError("provider_down")
    for _ in range(4):
        desk.work()
        later(desk, minutes=1)
    desk.sms.broken = None
    later(desk, minutes=6)
    desk.work()
    assert "/senha/" in desk.sms.link()
    assert sum("/senha/" in body for _, body in desk.sms.sent) == 1
    line.go_on()
    assert line.hears("reset.link_sent")
