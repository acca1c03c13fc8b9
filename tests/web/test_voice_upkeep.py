"""Workers, sweeps, hours and flows: what goes on around the calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk import Desk, people
from web.phone_line import (
    asks,
    call,
    contents,
    identify,
    later,
    order_reset,
    prove,
    same_database,
    speaks,
    to_code,
)

from ivr.bootstrap import placeholders, read_flows
from ivr.ports.errors import PortError
from ivr.service.flows import FlowShelf
from ivr.service.worker import sweep


def test_without_a_worker_the_filler_ends_and_the_caller_hears_the_truth(still: Desk) -> None:
    line = order_reset(prove(call(still)), "1")
    fillers = 0
    while not asks(line.heard[-1]):
        fillers += 1
        assert fillers <= 10, "the filler has no end"
        assert line.hears("reset.working") or line.hears("reset.still_working")
        line.go_on()
        later(still, seconds=4)
    assert line.hears("reset.later")
    for done in ("reset.link_sent", "reset.listen", "reset.spoken_done"):
        assert not any(speaks(still, document, done) for document in line.heard)


def test_a_directory_that_is_down_leads_to_a_person_within_the_turn(still: Desk) -> None:
    directory: Any = still.rt.directories[still.rt.identity]
    directory.faults.down = True
    for number in (people()["ana"]["cpf"], people()["iara"]["cpf"]):
        line = identify(call(still, number), number)
        assert line.hears("error.directory_down")
        assert line.hears("priority.ask")


def test_a_directory_that_goes_down_after_the_pin_leads_to_a_person(still: Desk) -> None:
    line = identify(call(still), people()["ana"]["cpf"])
    directory: Any = still.rt.directories[still.rt.identity]
    directory.faults.down = True
    line.key(people()["ana"]["pin"])
    line.go_on()
    assert b"<Enqueue" in line.heard[-1]
    assert still.rows("proof_codes") == 0


def test_one_broken_job_does_not_keep_the_others_and_ends_with_a_person(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken on purpose")

    line = order_reset(prove(call(still)), "2")
    directory: Any = still.rt.directories[still.rt.identity]
    monkeypatch.setattr(directory, "reset", broken)
    still.work()
    other = to_code(call(still, "other"), "bento")
    assert len(still.sms.sent) == 2
    line.hang_up()
    other.hang_up()
    for _ in range(60):
        later(still, minutes=5)
        still.work()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("fault", "open")


LOCAL = timedelta(hours=-4)


@pytest.mark.parametrize(
    ("local", "opened"),
    [
        ("2026-11-25 07:29:59", False),
        ("2026-11-25 07:30:00", True),
        ("2026-11-25 17:29:59", True),
        ("2026-11-25 17:30:00", False),
        ("2026-11-28 10:00:00", False),
        ("2026-12-25 10:00:00", False),
        ("2026-12-24 10:00:00", False),
    ],
)
def test_people_answer_in_the_hours_of_the_desk(still: Desk, local: str, opened: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=UTC) - LOCAL
    still.clock.at = at
    line = call(still)
    assert line.hears("greeting.protocol"), "every caller hears it before anything else"
    line.key("0")
    if line.hears("priority.ask"):
        line.go_on()
    assert (b"<Enqueue" in line.heard[-1]) is opened
    assert (line.hears("hours.reopens")) is not opened


def test_a_call_whose_last_callback_never_came_is_closed_and_a_live_one_is_left(
    still: Desk,
) -> None:
    over, live, unknown = call(still, "over"), call(still, "live"), call(still, "unknown")
    over.key("0")
    still.telephony.ended = {over.sid: True, live.sid: False}
    assert sweep(still.rt) == 0, "too young"
    later(still, minutes=6)
    assert sweep(still.rt) == 1
    assert sweep(still.rt) == 0
    assert (still.ticket(over.sid).outcome, still.ticket(over.sid).status) == (
        "wants_person",
        "open",
    )
    assert still.call(over.sid).ended_by == "sweep"
    with still.rt.store.begin(write=False) as tx:
        assert tx.queues.waiting("atendimento") == 0
    for line in (live, unknown):
        assert still.call(line.sid).ended_at is None
    live.key("1")
    assert live.hears("identify.ask")


def test_a_carrier_that_does_not_answer_leaves_calls_alone_until_none_can_live(
    still: Desk,
) -> None:
    line = call(still)
    still.telephony.broken = PortError("carrier_down")
    later(still, hours=4, minutes=59)
    assert sweep(still.rt) == 0
    later(still, minutes=2)
    assert sweep(still.rt) == 1
    assert still.call(line.sid).ended_by == "sweep"
    assert still.ticket(line.sid).status == "closed"


def test_the_late_callback_of_a_swept_call_changes_nothing(still: Desk) -> None:
    line = call(still)
    still.telephony.ended[line.sid] = True
    later(still, minutes=6)
    sweep(still.rt)
    before = contents(still)
    line.hang_up()
    line.send("/voice/turn?n=1", Digits="1")
    assert b"<Hangup" in line.heard[-1] and b"<Enqueue" not in line.heard[-1]
    assert contents(still) == before


def changed_flows(desk: Desk) -> FlowShelf:
    """The shipped flows, with a main menu that knows fewer keys."""
    files = {name: dict(table) for name, table in read_flows(desk.settings.ivr_callflows).items()}
    main = json.loads(json.dumps(files["main.toml"]))
    main["nodes"]["menu"]["keys"] = {"1": "need"}
    main["nodes"]["menu"]["words"] = {"1": ["senha"]}
    return FlowShelf(
        {**files, "main.toml": main},
        catalogue=desk.rt.catalogue,
        placeholders=placeholders(desk.rt.prompts),
    )


def test_a_call_ends_on_the_flows_it_began_with(still: Desk) -> None:
    still.rt.flows.publish(still.rt.store)
    old = call(still, "old")
    after = same_database(still, flows=changed_flows(still))
    assert after.rt.flows.current.revision != still.rt.flows.current.revision
    old.desk = after
    old.key("1")
    assert old.hears("identify.ask")
    new = call(after, "new")
    new.key("1")
    assert new.hears("explain.ask")
    assert after.call(old.sid).revision != after.call(new.sid).revision
