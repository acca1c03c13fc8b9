"""Every webhook may come twice, late, out of order, or together with itself."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twiml_grammar import check_twiml
from web.phone_line import (
    PhoneLine,
    Post,
    call,
    contents,
    counts,
    identify,
    later,
    order_reset,
    prove,
    reset_story,
    sid_of,
    still_desk,
    to_code,
)

from ivr.ports.telephony import CarrierCall
from ivr.service.worker import sweep

pytestmark = pytest.mark.on_both_stores


def run_story(desk: Desk, times: list[int], *, delivery: str, late: random.Random) -> PhoneLine:
    """The reset story, each request sent so many times, and old ones again in between."""
    line = PhoneLine(desk=desk, sid=sid_of("one"))
    person = people()["ana"]
    keys = ["", "1", person["cpf"], "1", person["pin"], None, "1", "1", delivery]
    keys += ["", ""] if delivery == "2" else [""]
    for step, keyed in enumerate([*keys, "5"]):
        digits = desk.sms.code() if keyed is None else keyed
        path = "/voice/incoming" if step == 0 else f"/voice/turn?n={line.turn}"
        first = line.send(path, **({"Digits": digits} if digits else {}))
        for _ in range(times[step % len(times)] - 1):
            assert line.sent[-1].send(desk).data == first
        old = late.randrange(len(line.sent))
        assert line.sent[old].send(desk).data == line.heard[old]
        desk.work()
    line.hang_up()
    desk.work()
    return line


@given(
    times=st.lists(st.integers(1, 5), min_size=11, max_size=13),
    delivery=st.sampled_from("12"),
    seed=st.integers(0, 1_000_000),
)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_requests_sent_up_to_five_times_have_one_effect_and_one_reply(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], delivery: str, seed: int
) -> None:
    desk = still_desk(tmp_path_factory.mktemp("repeats"))
    line = run_story(desk, times, delivery=delivery, late=random.Random(seed))
    once = still_desk(tmp_path_factory.mktemp("once"))
    plain = run_story(once, [1], delivery=delivery, late=random.Random(0))
    assert counts(desk) == counts(once)
    assert desk.kinds(line.sid) == once.kinds(plain.sid)
    assert len(desk.sms.sent) == len(once.sms.sent) == 2
    assert desk.ticket(line.sid).outcome == "resolved_self_service"
    assert desk.rows("resets") == 1
    assert desk.rows("demo_change") == (1 if delivery == "2" else 0)


def test_the_same_keys_count_again_only_on_the_next_turn(still: Desk) -> None:
    """The control for the test above: the count it compares is able to grow."""
    line = identify(call(still), people()["ana"]["cpf"])
    line.key("00000001")
    before = still.rows("proof_attempts")
    line.sent[-1].send(still)
    assert still.rows("proof_attempts") == before
    forgotten = Post(
        path=f"/voice/turn?n={line.turn}", fields={**line.sent[-1].fields, "Digits": "00000001"}
    )
    forgotten.send(still)
    assert still.rows("proof_attempts") == before + 1


def test_a_finished_call_is_inert_today_and_thirty_days_later(still: Desk) -> None:
    line = reset_story(still)
    extra = [
        Post(
            path="/voice/recording",
            fields={**line.fields(), "RecordingSid": "RE" + "1" * 32, "RecordingStatus": "absent"},
        ),
        Post(path="/voice/fallback", fields=line.fields(ErrorCode="11200")),
        Post(path="/voice/wait?n=3", fields=line.fields(Digits="1", QueuePosition="1")),
    ]
    extra[0].send(still)
    before = contents(still)
    for days in (0, 0.05, 30):
        later(still, days=days)
        for request in [*line.sent, *extra]:
            answer = request.send(still)
            assert answer.status_code == 200
            assert check_twiml(answer.text) == []
            if request.path.startswith(("/voice/incoming", "/voice/turn")):
                assert "<Hangup" in answer.text
        still.work()
        assert contents(still) == before, f"{days} days later"
    assert len(still.sms.sent) == 2


def test_a_live_call_would_not_be_inert(still: Desk) -> None:
    """The control: the same comparison sees a change when the call is not over."""
    line = call(still)
    before = contents(still)
    line.key("1")
    assert contents(still) != before


EVENTS = ("incoming", "turn 1", "turn 2", "turn 3", "completed", "late recording")


def request_of(event: str, line: PhoneLine) -> Post:
    person = people()["ana"]
    keyed = {"turn 1": "1", "turn 2": person["cpf"], "turn 3": "1"}
    if event == "incoming":
        return Post(path="/voice/incoming", fields=line.fields())
    if event == "completed":
        return Post(path="/voice/status", fields=line.fields(CallStatus="completed"))
    if event == "late recording":
        report = {"RecordingSid": "RE" + "1" * 32, "RecordingStatus": "completed"}
        return Post(path="/voice/recording", fields=line.fields(**report))
    return Post(path=f"/voice/turn?n={event[-1]}", fields=line.fields(Digits=keyed[event]))


NODES = {0: "", 1: "main.menu", 2: "identify.who", 3: "identify.who", 4: "identify.proof"}


def node_reached(order: tuple[str, ...]) -> str:
    """Where the call has come: a turn counts only when it is the one that is waited for."""
    turn, opened = 0, False
    for event in order:
        if event == "completed" and opened:
            break
        if event == "incoming":
            turn, opened = 1, True
        elif event.startswith("turn") and opened and int(event[-1]) == turn:
            turn += 1
    return NODES[turn]


class EveryCallIsOver:
    """A carrier for which no call lives any more."""

    def fetch_call(self, sid: str) -> CarrierCall:
        return CarrierCall(sid=sid, ended=True)


def test_six_events_in_any_order_make_one_ticket_that_tells_how_far_the_call_came(
    quick: Path,
) -> None:
    desk = still_desk(quick, telephony=EveryCallIsOver())
    orders = list(itertools.permutations(EVENTS))
    lines = []
    for order in orders:
        line = PhoneLine(desk=desk, sid=sid_of("+".join(order)))
        for event in order:
            assert request_of(event, line).send(desk).status_code == 200
        lines.append(line)
    later(desk, minutes=6)
    while sweep(desk.rt):
        pass
    assert desk.rows("tickets") == desk.rows("calls") == len(orders) == 720
    assert desk.rows("proof_attempts") == desk.rows("outbox") == 0
    with desk.rt.store.begin(write=False) as tx:
        for order, line in zip(orders, lines, strict=True):
            view = tx.calls.view(line.sid, 0)
            assert view is not None
            ticket = tx.tickets.by_protocol(view.call.protocol)
            assert ticket is not None
            assert (ticket.outcome, ticket.status) == ("abandoned", "closed"), order
            assert ticket.node == node_reached(order), order
            kinds = [entry.kind for entry in tx.journal.of(line.sid)]
            assert kinds.count("call.opened") == kinds.count("call.ended") == 1
            assert kinds.count("recording.reported") <= 1


def test_fifty_threads_with_one_turn_have_one_effect_and_one_reply(still: Desk) -> None:
    line = identify(call(still), people()["ana"]["cpf"])
    request = Post(
        path=f"/voice/turn?n={line.turn}", fields=line.fields(Digits=people()["ana"]["pin"])
    )

    def send(_: int) -> bytes:
        return request.send(still).data

    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(send, range(50)))
    stored = request.send(still).data
    asked_again = [reply for reply in replies if reply != stored]
    for reply in asked_again:
        assert b"<Pause" in reply
        assert f"/voice/turn?n={line.turn}#".encode() in reply
        assert check_twiml(reply.decode()) == []
    assert len(asked_again) < 50
    assert still.rows("proof_attempts") == 1
    assert still.rows("proof_codes") == 1
    assert still.rows("outbox") == 1
    assert still.kinds(line.sid).count("proof.passed") == 1


def test_fifty_threads_with_the_first_request_open_one_call(still: Desk) -> None:
    line = PhoneLine(desk=still, sid=sid_of("first"))
    request = Post(path="/voice/incoming", fields=line.fields())
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: request.send(still).data, range(50)))
    assert len(set(replies)) == 1
    assert still.rows("calls") == still.rows("tickets") == 1
    assert still.ticket(line.sid).protocol == "202600000012"


def test_a_turn_that_is_not_due_hears_what_is_due_and_changes_nothing(still: Desk) -> None:
    line = identify(call(still), people()["ana"]["cpf"])
    before = contents(still)
    for number in (0, line.turn + 1, line.turn + 7, 9_999):
        early = Post(path=f"/voice/turn?n={number}", fields=line.fields(Digits="80264917"))
        answer = early.send(still)
        expected = line.heard[number] if number < len(line.heard) else line.heard[-1]
        assert answer.data == expected
    assert contents(still) == before


def test_a_turn_of_an_unknown_call_hangs_up_and_opens_nothing(still: Desk) -> None:
    line = PhoneLine(desk=still, sid=sid_of("never heard of"), turn=3)
    before = contents(still)
    assert b"<Hangup" in line.key("1")
    line.hang_up()
    assert contents(still) == before


def test_a_reset_ordered_by_five_equal_requests_at_once_is_made_once(still: Desk) -> None:
    line = order_reset(prove(call(still)), "2")
    last = line.sent[-1]
    with ThreadPoolExecutor(5) as pool, suppress(StopIteration):
        list(pool.map(lambda _: last.send(still), range(5)))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: still.work(), range(3)))
    assert still.rows("demo_change") == still.rows("resets") == 1
    notices = [body for _, body in still.sms.sent if "trocada" in body]
    assert len(notices) == 1


def test_status_reports_before_during_and_after_the_call_close_it_once(still: Desk) -> None:
    line = PhoneLine(desk=still, sid=sid_of("status"))
    line.send("/voice/status", CallStatus="ringing", SequenceNumber="0")
    line.dial()
    line.send("/voice/status", CallStatus="in-progress", SequenceNumber="1")
    assert still.call(line.sid).ended_at is None
    line.hang_up()
    ended = contents(still)
    line.send("/voice/status", CallStatus="in-progress", SequenceNumber="1")
    line.send("/voice/status", CallStatus="ringing", SequenceNumber="0")
    line.send("/voice/status", CallStatus="failed", SequenceNumber="3")
    assert contents(still) == ended


def test_a_repeated_wait_request_asks_for_one_call_back(still: Desk) -> None:
    line = call(still)
    line.key("0")
    line.go_on()
    turn = line.turn
    for _ in range(3):
        line.send(f"/voice/wait?n={turn}", Digits="1", QueuePosition="1", QueueTime="20")
    assert still.rows("queue_entries") == 1
    for _ in range(3):
        line.send(f"/voice/turn?n={turn}", QueueResult="leave", QueueTime="21")
    assert still.rows("callbacks") == 1
    line.send(f"/voice/wait?n={turn}", Digits="1", QueuePosition="1", QueueTime="20")
    assert still.rows("queue_entries") == 1


def test_a_wait_request_of_a_call_that_is_not_in_the_queue_enters_nothing(still: Desk) -> None:
    line = call(still)
    before = contents(still)
    line.send("/voice/wait?n=1", Digits="1", QueuePosition="1", QueueTime="20")
    assert contents(still) == before


def test_a_code_turn_repeated_after_the_code_was_used_stays_passed(still: Desk) -> None:
    line = to_code(call(still))
    passed = line.key(still.sms.code())
    for _ in range(4):
        assert line.sent[-1].send(still).data == passed
    used: Any = still.rows("proof_codes")
    assert used == 1
    assert still.rows("proof_attempts") == 2
