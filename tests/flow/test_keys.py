"""Keys and words that mean the same in every state, the way back across flows, keys only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flow_cases import event_of, seen, small_book, stored
from flow_desk import desk, keys, play, words

from ivr.flow.book import FlowBook
from ivr.flow.engine import Step, step
from ivr.flow.events import Digits, Speech
from ivr.flow.state import Place

MENU: Mapping[str, Any] = {
    "type": "menu",
    "prompt": "main.menu",
    "prompt_no_input": "error.no_input",
    "prompt_no_match": "error.no_match",
}


def test_a_repetition_without_end_leads_to_a_person() -> None:
    done = play(small_book({"menu": {**MENU, "keys": {"1": "menu"}}}), "call", *[keys("9")] * 7)
    assert seen(done)["says"] == ["common.person"]
    assert seen(done)["data"]["node.gave_up"] == {"why": "repeats"}


def test_a_repetition_without_end_leads_where_the_node_says() -> None:
    menu = {**MENU, "keys": {"1": "menu"}, "give_up": "common.other"}
    done = play(small_book({"menu": menu}), "call", *[keys("8")] * 7)
    assert seen(done)["says"] == ["common.other"]


@pytest.mark.parametrize("press", [keys("0"), words("quero falar com um atendente")])
def test_a_person_is_one_key_or_word_away(press: Mapping[str, Any]) -> None:
    done = play(desk(), "call", press)
    assert seen(done)["request"] == "CheckHours"
    assert done.state.outcome == "wants_person"
    assert "person.asked" in seen(done)["facts"]


def test_a_person_is_one_key_away_while_a_pin_is_asked_for() -> None:
    book = desk()
    at_pin = play(
        book,
        "call",
        keys("1"),
        keys("123456"),
        keys("1"),
        {"answer": "PersonLookup", "person": "p", "factors": ["pin"]},
    )
    assert seen(at_pin)["says"] == ["verify.pin"]
    done = step(book, stored(at_pin.state), Digits(value="0"))
    assert seen(done)["request"] == "CheckHours"


def test_zero_among_digits_is_a_digit() -> None:
    done = play(desk(), "call", keys("5"), keys("0000"))
    assert done.state.values["extension"] == "0000"


@pytest.mark.parametrize(
    "press",
    [keys("9"), keys("#"), {"keys": "", "ended_by": "#"}, words("repetir"), words("não entendi")],
)
def test_a_repetition_says_so_first_and_costs_no_try(press: Mapping[str, Any]) -> None:
    done = play(desk(), "call", press)
    assert seen(done)["says"] == ["keys.again", "main.menu"]
    assert not [k for k in done.state.counts if "no_match" in k]


@pytest.mark.parametrize("press", [keys("8"), words("mais devagar, por favor")])
def test_slower_doubles_the_time_to_answer_for_the_rest_of_the_call(
    press: Mapping[str, Any],
) -> None:
    book = desk()
    done = play(book, "call", press)
    assert seen(done)["says"] == ["keys.slower", "main.menu"]
    assert seen(done)["verb_has"]["timeout"] == 12
    later = step(book, stored(done.state), Digits(value="2"))
    assert seen(later)["verb_has"]["timeout"] == 12


@pytest.mark.parametrize("press", [keys("*"), words("voltar")])
def test_back_leads_to_the_menu_before(press: Mapping[str, Any]) -> None:
    done = play(desk(), "call", keys("2"), press)
    assert seen(done)["says"] == ["main.menu"]
    assert seen(done)["node"] == "main.menu"


def test_back_from_the_first_menu_says_that_there_is_nothing() -> None:
    done = play(desk(), "call", keys("*"))
    assert seen(done)["says"] == ["keys.nothing_back", "main.menu"]


def test_star_among_digits_starts_over() -> None:
    done = play(desk(), "call", keys("5"), keys("99*4321"))
    assert done.state.values["extension"] == "4321"


def test_star_after_digits_with_nothing_more_counts_as_silence() -> None:
    done = play(desk(), "call", keys("5"), keys("99*"))
    assert seen(done)["says"] == ["error.no_input", "extension.ask"]


# Back across flows


def proven(book: FlowBook, *told: str | Mapping[str, Any]) -> Step:
    """A caller who proved a PIN and stands at the choice of a service, and then does more."""
    return play(
        book,
        "call",
        keys("1"),
        keys("123456"),
        keys("1"),
        {"answer": "PersonLookup", "person": "p", "factors": ["pin"]},
        keys("48151623"),
        {"answer": "Checked", "passed": True},
        *told,
    )


def test_back_out_of_a_called_flow_leads_to_the_menu_that_called_it() -> None:
    done = proven(desk(), keys("*"))
    assert seen(done)["node"] == "main.menu"
    assert done.state.stack == ()


def test_a_flow_gone_back_within_still_returns_to_its_caller() -> None:
    book = desk()
    done = proven(book, keys("1"), keys("*"))
    assert seen(done)["node"] == "access.service"
    assert done.state.stack == (Place(flow="main", node="anything_else"),)
    link = {"answer": "JobDone", "outcome": "done", "job": "j"}
    for told in (keys("1"), keys("1"), link):
        done = step(book, stored(done.state), event_of(told), speech=done.speech)
    assert seen(done)["says"] == ["access.done", "main.anything_else"]


def test_a_flow_that_has_returned_is_not_gone_back_into() -> None:
    book = desk()
    done = proven(book, keys("1"), keys("1"), {"answer": "JobDone", "outcome": "done"}, keys("*"))
    assert seen(done)["node"] == "main.menu"


def test_a_called_flow_that_was_left_for_good_is_not_gone_back_into() -> None:
    book = desk()
    closed = {"answer": "Hours", "open": False, "reason": "night"}
    at_closed = proven(book, keys("0"), closed)
    assert seen(at_closed)["node"] == "person.closed"
    done = step(book, stored(at_closed.state), Digits(value="*"))
    assert seen(done)["node"] == "main.menu"
    assert done.state.level == "verified"


def test_back_from_two_flows_down_keeps_the_way_back_of_the_first() -> None:
    nodes = {
        "call": {"type": "subflow", "flow": "outer", "then": "end"},
        "end": {"type": "hangup", "say": "end"},
    }
    outer = {
        "menu": {**MENU, "keys": {"1": "deeper", "2": "back"}},
        "deeper": {"type": "subflow", "flow": "inner", "then": "back"},
        "back": {"type": "goto", "to": "return"},
    }
    inner = {
        "sure": {"type": "confirm", "prompt": "sure", "yes": "out", "no": "out"},
        "out": {"type": "goto", "to": "return"},
    }
    book = small_book(nodes, outer=outer, inner=inner)
    done = play(book, "call", keys("1"), keys("*"))
    assert seen(done)["node"] == "outer.menu"
    done = step(book, stored(done.state), Digits(value="2"))
    assert seen(done)["says"] == ["end"]


# Speech


def test_two_failures_of_speech_in_a_row_leave_only_the_keys() -> None:
    book = desk()
    once = play(book, "call", words("xilindró"))
    assert seen(once)["verb_has"]["mode"] == "both"
    twice = step(book, stored(once.state), Speech(text="xilindró"))
    assert seen(twice)["says"] == ["keys.keys_only", "error.no_match", "main.menu"]
    assert seen(twice)["verb_has"]["mode"] == "keys"
    later = step(book, stored(twice.state), Digits(value="2"))
    assert seen(later)["verb_has"]["mode"] == "keys"


def test_a_success_between_two_failures_of_speech_keeps_speech_on() -> None:
    book = desk()
    done = play(book, "call", words("xilindró"), words("chamado"), words("xilindró"))
    assert seen(done)["node"] == "ticket.ask"
    assert seen(done)["verb_has"]["mode"] == "both"
    assert not done.state.keys_only


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), -1.0, 10.0])
def test_a_confidence_that_makes_no_sense_is_told_as_unknown(confidence: float) -> None:
    book = desk()
    first = play(book, "call")
    done = step(book, first.state, Speech(text="chamado", confidence=confidence))
    assert done.facts[0].data["confidence"] == -1
