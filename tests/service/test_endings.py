"""How each call is told when it is over, and what that makes of its ticket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from desk import NIGHT, Desk, people
from web.phone_line import PhoneLine, call, identify, later, order_reset, prove, reset_story

from ivr.adapters.twilio.documents import APOLOGY
from ivr.ports.errors import PortError

Story = Callable[[Desk], PhoneLine]
RECORDING = "RE" + "7" * 32


def ending(desk: Desk, line: PhoneLine) -> tuple[str, str]:
    line.hang_up()
    ticket = desk.ticket(line.sid)
    assert ticket.outcome == desk.call(line.sid).outcome
    assert (ticket.closed_at is not None) is (ticket.status == "closed")
    return ticket.outcome, ticket.status


def withheld_at_night(desk: Desk) -> PhoneLine:
    desk.clock.at = NIGHT
    line = call(desk, caller="Restricted")
    line.key("0")
    return line


def asked_after_a_ticket(desk: Desk) -> PhoneLine:
    first = call(desk, "an older call")
    first.hang_up()
    line = call(desk)
    line.key("2")
    line.key(desk.call(first.sid).protocol)
    return line


def keyed(line: PhoneLine, *keys: str) -> PhoneLine:
    for key in keys:
        line.key(key)
    return line


def queued(desk: Desk) -> PhoneLine:
    """Key 0, then no right to be served first."""
    line = keyed(call(desk), "0")
    line.go_on()
    return line


def tells_while_waiting(desk: Desk) -> PhoneLine:
    line = queued(desk)
    line.send(f"/voice/wait?n={line.turn}", Digits="2", QueuePosition="1", QueueTime="5")
    line.go_on(QueueResult="leave", QueueTime="5")
    return line


def after_the_prompt(line: PhoneLine) -> PhoneLine:
    line.go_on()
    return line


def recorded(line: PhoneLine, key: str = "#") -> PhoneLine:
    url = f"https://api.twilio.com/2010-04-01/Accounts/AC{'0' * 32}/Recordings/{RECORDING}"
    line.key(key, RecordingSid=RECORDING, RecordingUrl=url, RecordingDuration="12")
    return line


def rating_after_a_reset(desk: Desk) -> PhoneLine:
    line = order_reset(prove(call(desk)))
    desk.work()
    line.go_on()
    return line


LISTENING: dict[str, tuple[Story, tuple[str, str]]] = {
    "main.menu": (call, ("abandoned", "closed")),
    "identify.who": (lambda d: keyed(call(d), "1"), ("abandoned", "closed")),
    "identify.proof": (
        lambda d: identify(call(d), people()["ana"]["cpf"]),
        ("abandoned", "closed"),
    ),
    "access.service": (lambda d: prove(call(d)), ("abandoned", "closed")),
    "access.action": (lambda d: keyed(prove(call(d)), "1"), ("abandoned", "closed")),
    "access.ask_delivery": (lambda d: keyed(prove(call(d)), "1", "1"), ("abandoned", "closed")),
    "person.priority": (lambda d: keyed(call(d), "0"), ("wants_person", "open")),
    "person.closed_menu": (withheld_at_night, ("wants_person", "open")),
    "person.callback": (lambda d: keyed(withheld_at_night(d), "1"), ("wants_person", "open")),
    "person.voicemail": (lambda d: keyed(withheld_at_night(d), "3"), ("wants_person", "open")),
    "person.tell": (tells_while_waiting, ("wants_person", "open")),
    "explain.need": (lambda d: keyed(call(d), "3"), ("abandoned", "closed")),
    "explain.complaint": (lambda d: keyed(call(d), "4"), ("abandoned", "closed")),
    "ticket.ask": (lambda d: keyed(call(d), "2"), ("abandoned", "closed")),
    "ticket.after": (asked_after_a_ticket, ("ticket_status_told", "closed")),
    "ticket.message": (
        lambda d: keyed(asked_after_a_ticket(d), "1"),
        ("ticket_status_told", "closed"),
    ),
    "rate.ask": (rating_after_a_reset, ("resolved_self_service", "pending")),
}


def test_the_table_names_every_node_of_the_shipped_flows_that_listens(still: Desk) -> None:
    listening = {
        f"{flow.id}.{name}"
        for flow in still.rt.flows.current.flows.values()
        for name, node in flow.nodes.items()
        if node.listens
    }
    assert set(LISTENING) == listening


@pytest.mark.parametrize("node", sorted(LISTENING))
def test_a_caller_who_hangs_up_leaves_a_ticket_that_tells_where(still: Desk, node: str) -> None:
    story, expected = LISTENING[node]
    line = story(still)
    assert ending(still, line) == expected
    assert still.ticket(line.sid).node == node
    assert still.call(line.sid).ended_by == "caller"
    end = still.journal(line.sid)[-1]
    assert (end.kind, f"{end.flow}.{end.node}") == ("call.ended", node)


@pytest.mark.parametrize(("delivery", "status"), [("1", "pending"), ("2", "closed")])
def test_resolved_by_self_service(still: Desk, delivery: str, status: str) -> None:
    """With a link the ticket waits for its owner to choose the password."""
    line = reset_story(still, delivery=delivery)
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.rating) == ("resolved_self_service", status, 5)
    assert (ticket.service, ticket.subject, ticket.identity) == ("email", "reset", "verified")
    assert still.call(line.sid).ended_by == "system"


def test_an_account_unlocked(still: Desk) -> None:
    line = keyed(prove(call(still), "clara"), "1", "2")
    still.work()
    line.go_on()
    assert line.hears("unlock.done")
    assert ending(still, line) == ("resolved_self_service", "closed")
    account = still.rt.directories[still.rt.identity].get("clara")
    assert account is not None
    assert not account.locked


def test_wants_a_person_and_hangs_up_in_the_queue(still: Desk) -> None:
    line = queued(still)
    line.send(f"/voice/wait?n={line.turn}", QueuePosition="1", QueueTime="5")
    assert ending(still, line) == ("wants_person", "open")
    assert still.ticket(line.sid).node == "person.queue"
    with still.rt.store.begin(write=False) as tx:
        entry = tx.queues.entry(line.sid)
    assert entry is not None
    assert entry.result == "abandoned"


def test_the_queue_that_tells_of_the_hang_up_itself_ends_alike(still: Desk) -> None:
    line = queued(still)
    line.go_on(QueueResult="hangup", QueueTime="9")
    assert ending(still, line) == ("wants_person", "open")


def test_attended_by_a_person(still: Desk) -> None:
    line = queued(still)
    line.go_on(QueueResult="bridged", QueueTime="9")
    assert ending(still, line) == ("attended_by_person", "open")


def test_attended_by_the_telephone_of_a_person(still: Desk) -> None:
    still.rt = replace(still.rt, agent_phone=True)
    still.app.extensions["ivr"] = still.rt
    edge = still.app.extensions["ivr.edge"]
    still.app.extensions["ivr.edge"] = replace(edge, numbers={"agent": "+556733180000"})
    line = queued(still)
    assert b"<Number>+556733180000" in line.heard[-1]
    line.go_on(DialCallStatus="completed", DialCallDuration="60")
    assert ending(still, line) == ("attended_by_person", "open")


@pytest.mark.parametrize("result", ["leave", "queue-full", "error", "system-error"])
def test_whoever_leaves_the_queue_without_a_person_is_called_back(still: Desk, result: str) -> None:
    line = queued(still)
    line.go_on(QueueResult=result, QueueTime="600")
    assert line.hears("callback.booked")
    assert ending(still, line) == ("callback_booked", "pending")
    assert still.rows("callbacks") == 1


def test_failed_proof(still: Desk) -> None:
    line = identify(call(still), people()["ana"]["cpf"])
    keyed(line, "00000001", "00000001", "00000001")
    assert ending(still, line) == ("failed_proof", "open")


def test_a_fault_of_the_directory(still: Desk) -> None:
    directory: Any = still.rt.directories[still.rt.identity]
    directory.faults.down = True
    line = identify(call(still), people()["ana"]["cpf"])
    assert line.hears("error.directory_down")
    assert ending(still, line) == ("fault", "open")


def test_a_defect_of_our_own(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken on purpose")

    line = call(still)
    monkeypatch.setattr("ivr.service.turns.engine.step", broken)
    line.key("1")
    assert APOLOGY in line.words
    assert b"<Enqueue>atendimento" in line.heard[-1]
    assert ending(still, line) == ("fault", "open")
    assert still.kinds(line.sid).count("fault.webhook_failed") == 1


def test_a_fallback_of_the_carrier(still: Desk) -> None:
    line = call(still)
    for _ in range(3):
        line.send("/voice/fallback", ErrorCode="11200", ErrorUrl="http://ivr.test/voice/turn?n=1")
    assert b"<Enqueue>atendimento" in line.heard[-1]
    assert still.kinds(line.sid).count("fault.carrier_fell_back") == 1
    assert ending(still, line) == ("fault", "open")


def test_a_callback_is_booked_at_night(still: Desk) -> None:
    still.clock.at = NIGHT
    line = keyed(call(still), "0", "1")
    assert line.hears("callback.booked")
    assert "zero, zero, zero, um" in line.words
    assert ending(still, line) == ("callback_booked", "pending")


def test_a_caller_who_withholds_the_number_is_asked_for_one(still: Desk) -> None:
    line = keyed(withheld_at_night(still), "1")
    assert line.hears("callback.ask_number")
    line.key("67999887766")
    assert line.hears("callback.booked")
    assert "sete, sete, meia, meia" in line.words
    assert ending(still, line) == ("callback_booked", "pending")


def test_a_caller_who_gives_no_number_keeps_an_open_ticket(still: Desk) -> None:
    line = keyed(withheld_at_night(still), "1")
    for _ in range(3):
        line.go_on()
    assert line.hears("callback.no_number")
    assert ending(still, line) == ("wants_person", "open")


@pytest.mark.parametrize(("key", "outcome"), [("3", "need_recorded"), ("4", "complaint_recorded")])
@pytest.mark.parametrize("end", ["key", "hang-up", "hang-up, reported late", "reported first"])
def test_what_a_caller_said_is_with_the_ticket_however_the_call_ended(
    still: Desk, key: str, outcome: str, end: str
) -> None:
    line = after_the_prompt(keyed(call(still), key))
    report = {
        "RecordingSid": RECORDING,
        "RecordingStatus": "completed",
        "RecordingDuration": "12",
    }
    if end == "key":
        recorded(line)
        assert line.hears("explain.kept" if key == "3" else "complaint.kept")
    if end == "hang-up":
        recorded(line, "hangup")
    if end == "reported first":
        line.send("/voice/recording", **report)
    line.hang_up()
    if end == "hang-up, reported late":
        recorded(line, "hangup")
    for _ in range(3):
        line.send("/voice/recording", **report)
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status, ticket.closed_at) == (outcome, "open", None)
    assert ticket.subject == outcome.removesuffix("_recorded")
    with still.rt.store.begin(write=False) as tx:
        rows = tx.tickets.recordings(ticket.protocol)
    assert [(row.sid, row.seconds, row.purpose) for row in rows] == [
        (RECORDING, 12, outcome.removesuffix("_recorded"))
    ]
    assert still.kinds(line.sid).count("recording.reported") == 1


@pytest.mark.parametrize("status", ["absent", "failed", "in-progress"])
def test_a_recording_that_came_to_nothing_is_not_attached(still: Desk, status: str) -> None:
    line = keyed(call(still), "3")
    line.hang_up()
    line.send("/voice/recording", RecordingSid=RECORDING, RecordingStatus=status)
    assert still.ticket(line.sid).outcome == "abandoned"
    assert still.rows("recordings") == 0


def test_a_message_is_with_the_ticket_it_was_left_for(still: Desk) -> None:
    line = asked_after_a_ticket(still)
    asked = re.findall(r"\d{12}", line.sent[-1].fields["Digits"])[0]
    recorded(after_the_prompt(keyed(line, "1")))
    assert line.hears("ticket.message_kept")
    assert ending(still, line) == ("ticket_status_told", "closed")
    with still.rt.store.begin(write=False) as tx:
        assert [row.purpose for row in tx.tickets.recordings(asked)] == ["message"]


def test_refused_by_the_limits(still: Desk) -> None:
    reset_story(still, "first")
    later(still, hours=1)
    line = order_reset(prove(call(still, "second")))
    assert line.hears("reset.limited")
    assert ending(still, line) == ("refused", "open")


def test_refused_for_a_disabled_account(still: Desk) -> None:
    directory: Any = still.rt.directories[still.rt.identity]
    line = prove(call(still))
    order_reset(line, "2")
    with directory._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE demo_account SET disabled = true WHERE uid = 'ana'")
    still.work()
    line.go_on()
    assert line.hears("reset.cannot")
    assert ending(still, line) == ("refused", "open")


def test_in_progress_until_the_worker_is_back(still: Desk) -> None:
    line = order_reset(prove(call(still)), "1")
    for _ in range(12):
        if b"<Gather" not in line.heard[-1]:
            line.go_on()
    assert ending(still, line) == ("in_progress", "pending")
    still.work()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", "pending")


def test_in_progress_for_a_caller_who_hangs_up_before_an_unlock_is_done(still: Desk) -> None:
    line = keyed(prove(call(still), "clara"), "1", "2")
    assert ending(still, line) == ("in_progress", "pending")
    still.work()
    ticket = still.ticket(line.sid)
    assert (ticket.outcome, ticket.status) == ("resolved_self_service", "closed")


def test_a_fault_for_a_message_that_can_never_be_sent(still: Desk) -> None:
    line = order_reset(prove(call(still)))
    still.sms.broken = PortError("unreachable_number", permanent=True)
    still.work()
    line.go_on()
    assert line.hears("reset.cannot")
    assert not line.hears("reset.link_sent")
    assert ending(still, line) == ("fault", "open")


def test_a_fault_for_a_code_that_can_never_be_sent(still: Desk) -> None:
    still.sms.broken = PortError("unreachable_number", permanent=True)
    line = identify(call(still), people()["ana"]["cpf"])
    line.key(people()["ana"]["pin"])
    still.work()
    assert ending(still, line) == ("fault", "open")


def test_a_service_that_only_people_help_with(still: Desk) -> None:
    line = keyed(prove(call(still)), "2", "1004")
    assert line.hears("service.person_only")
    assert ending(still, line) == ("wants_person", "open")
