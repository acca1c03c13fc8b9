"""What holds for every node: bounds, keys of every state, the guard, the end, stored states."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flow_cases import event_of, seen, small_book, stored
from flow_desk import desk, keys, play

from ivr.flow import engine
from ivr.flow.book import FlowBook
from ivr.flow.engine import start, step
from ivr.flow.events import CallStarted, Digits, NoInput, RequestDone, RequestFailed, Speech
from ivr.flow.requests import Checked, FindPerson, PersonLookup
from ivr.flow.state import CallState, Level, Place


def looping() -> FlowBook:
    nodes = {
        "a": {"type": "say", "say": "a", "then": "b"},
        "b": {"type": "goto", "to": "a"},
    }
    return small_book(nodes)


# Bounds


def test_a_circle_within_one_step_ends_the_call_with_the_last_words_only() -> None:
    done = play(looping(), "call")
    assert seen(done)["says"] == ["bye.fault"]
    assert seen(done)["status"] == "ended"
    assert seen(done)["outcome"] == "fault"
    assert done.facts[-1].data == {"bound": "nodes a step"}


def test_a_call_of_too_many_steps_ends_and_not_one_step_before() -> None:
    book = desk()
    full = replace(start(book), steps=engine.STEPS_A_CALL - 1, at=Place(flow="main", node="menu"))
    last = step(book, full, NoInput())
    assert last.state.status == "running"
    over = step(book, last.state, NoInput())
    assert seen(over)["says"] == ["bye.fault"]
    assert over.state.status == "ended"


def test_a_call_that_starts_over_and_over_ends_too() -> None:
    book = desk()
    state = start(book)
    for _ in range(engine.STEPS_A_CALL + 1):
        state = step(book, state, CallStarted(protocol="1", deadline="")).state
    assert state.status == "ended"


def test_a_fault_that_meets_a_fault_ends_the_call_after_some_tries() -> None:
    nodes = {
        "who": {
            "type": "hours",
            "open": "who",
            "closed": "who",
            "say_night": "x",
            "say_weekend": "x",
            "say_holiday": "x",
            "requires": "verified",
        }
    }
    book = small_book(nodes)
    book = replace(book, globals=book.globals.model_copy(update={"fault": "main.who"}))
    done = play(book, "call")
    assert seen(done)["says"] == ["bye.fault"]
    assert done.facts[-1].data == {"bound": "faults a call"}


def test_a_flow_within_itself_ends_in_a_fault() -> None:
    nodes = {"again": {"type": "subflow", "flow": "main", "then": "again"}}
    done = play(small_book(nodes), "call")
    assert seen(done)["says"] == ["common.fault"]
    assert "fault.subflow" in seen(done)["facts"]
    entered = [f for f in done.facts if f.kind == "node.entered" and f.flow == "main"]
    assert len(entered) == engine.STACK_DEPTH + 1


# The guard


def guarded(requires: Level) -> FlowBook:
    nodes = {
        "secret": {
            "type": "reset",
            "delivery": "link",
            "say_working": "w",
            "say_still_working": "w",
            "on": {"other": "common.other"},
        },
        "door": {"type": "say", "say": "door", "requires": requires, "then": "common.next"},
    }
    return small_book(nodes)


@pytest.mark.parametrize("level", ["anonymous", "identified"])
def test_a_reset_without_proof_is_refused_even_when_no_checker_looked(level: Level) -> None:
    book = guarded("verified")
    done = step(book, replace(start(book), level=level), event_of("call"))
    assert done.request is None
    assert seen(done)["says"] == ["common.fault"]
    assert seen(done)["data"]["guard.refused"] == {"requires": "verified", "level": level}


def test_a_reset_with_proof_is_asked_for() -> None:
    book = guarded("verified")
    done = step(book, replace(start(book), level="verified"), event_of("call"))
    assert seen(done)["request"] == "ResetPassword"


@pytest.mark.parametrize(
    ("level", "requires", "said"),
    [
        ("anonymous", "anonymous", ["door", "common.next"]),
        ("anonymous", "identified", ["common.fault"]),
        ("identified", "identified", ["door", "common.next"]),
        ("identified", "verified", ["common.fault"]),
        ("verified", "identified", ["door", "common.next"]),
    ],
)
def test_a_door_opens_to_its_level_and_above(
    level: Level, requires: Level, said: list[str]
) -> None:
    book = guarded(requires)
    state = replace(start(book), level=level, at=Place(flow="main", node="door"))
    assert seen(step(book, state, event_of("call")))["says"] == said


def test_an_answer_that_nobody_asked_for_proves_nothing() -> None:
    book = desk()
    at_pin = play(
        book,
        "call",
        keys("1"),
        keys("123456"),
        keys("1"),
        {"answer": "PersonLookup", "person": "p", "factors": ["pin"]},
    )
    done = step(book, stored(at_pin.state), RequestDone(answer=Checked(passed=True)))
    assert done.state.level == "identified"
    assert done.state.passed == ()
    assert seen(done)["says"] == ["error.no_input", "verify.pin"]


def test_a_person_that_nobody_looked_up_identifies_nobody() -> None:
    book = desk()
    at_number = play(book, "call", keys("1"))
    found = RequestDone(answer=PersonLookup(person="p", factors=("pin",)))
    assert step(book, at_number.state, found).state.level == "anonymous"


# Requests in progress


def test_a_key_that_comes_while_a_request_is_open_does_not_lose_the_caller() -> None:
    book = desk()
    asked = play(book, "call", keys("1"), keys("123456"), keys("1"))
    assert isinstance(asked.request, FindPerson)
    done = step(book, stored(asked.state), Digits(value="5"))
    assert done.state.waiting == "CheckHours"
    queue = step(book, stored(done.state), RequestFailed(), speech=done.speech)
    assert seen(queue)["request"] == "CheckQueue"


def test_a_listening_state_waits_for_no_request() -> None:
    book = desk()
    asked = play(book, "call", keys("1"), keys("123456"), keys("1"))
    waits = replace(asked.state, at=Place(flow="main", node="menu"))
    done = step(book, waits, Digits(value="2"))
    assert done.state.waiting == ""
    person = step(book, done.state, Digits(value="0"))
    assert seen(person)["request"] == "CheckHours"


def test_a_call_that_ended_waits_for_no_request() -> None:
    nodes = {
        "who": {
            "type": "identify",
            "prompt": "who",
            "prompt_confirm_cpf": "sure",
            "prompt_confirm_matricula": "sure",
            "then": "common.next",
            "unavailable": "common.other",
        }
    }
    asked = play(small_book(nodes), "call", keys("123456"), keys("1"))
    assert asked.state.waiting == "FindPerson"
    done = step(small_book(nodes), stored(asked.state), NoInput())
    assert (done.state.status, done.state.waiting) == ("ended", "")


def test_each_job_of_a_node_is_waited_for_from_the_start() -> None:
    nodes = {
        "unlock": {
            "type": "unlock",
            "say_working": "working",
            "say_still_working": "still_working",
            "patience": 1,
            "on": {"done": "sure", "other": "common.other"},
        },
        "sure": {"type": "confirm", "prompt": "sure", "yes": "unlock", "no": "common.next"},
    }
    book = small_book(nodes)
    state = replace(start(book), level="verified")
    job = {"answer": "JobDone", "outcome": "done"}
    done = play(book, "call", "working", job, keys("1"), "working", state=state)
    assert seen(done)["says"] == ["working"]


def test_speech_before_a_request_is_said_after_it() -> None:
    nodes = {
        "hello": {"type": "say", "say": "hello", "then": "open"},
        "open": {
            "type": "hours",
            "open": "common.next",
            "closed": "common.other",
            "say_night": "n",
            "say_weekend": "w",
            "say_holiday": "h",
        },
    }
    book = small_book(nodes)
    asked = play(book, "call")
    assert (asked.verbs, [u.prompt for u in asked.speech]) == ((), ["hello"])
    done = play(book, "call", {"answer": "Hours", "open": True, "reason": "open"})
    assert seen(done)["says"] == ["hello", "common.next"]


# The end, and stored states


def test_an_ended_call_hangs_up_on_whatever_comes_and_changes_nothing() -> None:
    book = desk()
    state = replace(start(book), status="ended", outcome="refused")
    for event in (event_of("call"), Digits(value="0"), Speech(text="atendente"), NoInput()):
        done = step(book, state, event)
        assert (done.state, done.facts, done.request) == (state, (), None)
        assert seen(done)["verb"] == "Hangup"


def test_a_place_that_this_revision_lacks_is_a_fault_not_silence() -> None:
    book = desk()
    state = replace(start(book), at=Place(flow="gone", node="menu"))
    done = step(book, state, Digits(value="1"))
    assert seen(done)["facts"][0] == "fault.node_missing"
    assert seen(done)["request"] == "CheckHours"
    assert done.state.outcome == "fault"


def test_a_call_keeps_the_revision_it_began_with() -> None:
    book = desk()
    assert start(book).revision == book.revision
    assert play(book, "call", keys("1")).state.revision == book.revision


def test_a_state_of_an_earlier_release_loads_with_what_it_lacks_and_more() -> None:
    old = {"revision": "r", "at": {"flow": "main", "node": "menu"}, "colour": "red"}
    state = CallState.from_dict(json.loads(json.dumps(old)))
    assert state == CallState(revision="r", at=Place(flow="main", node="menu"))


def test_a_state_comes_back_from_storage_as_it_was() -> None:
    full = CallState(
        revision="r",
        at=Place(flow="a", node="b"),
        status="ended",
        stack=(Place(flow="c", node="d"),),
        trail=(Place(flow="e", node="f"), Place(flow="g", node="h")),
        counts={"a.b:no_input": 2},
        values={"person": "p"},
        level="verified",
        passed=("pin",),
        steps=9,
        slow=True,
        keys_only=True,
        own_ears=True,
        waiting="CheckPin",
        phase="pin",
        outcome="refused",
    )
    assert stored(full) == full
    assert all(getattr(full, n) != getattr(start(desk()), n) for n in CallState.__slots__)


def test_what_was_typed_is_in_no_printed_form_of_a_state() -> None:
    done = play(desk(), "call", keys("1"), keys("52998224725"))
    assert done.state.values["number"] == "52998224725"
    assert "52998224725" not in repr(done.state)
