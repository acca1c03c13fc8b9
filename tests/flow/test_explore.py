"""The exploration: the sound desk is proven, and each planted defect gives its counter-example."""

from __future__ import annotations

from typing import Any

import pytest
from flow_cases import CPF, MATRICULA, OUTCOMES, PROTOCOL, book_of, changed, desk_tables

from ivr.flow.context import Context
from ivr.flow.events import Event
from ivr.flow.explore import Counterexample, Report, explore
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.gather import GatherValue
from ivr.flow.nodes.reset import Reset
from ivr.flow.nodes.verify import Verify
from ivr.flow.requests import Request

SAMPLES = (CPF, MATRICULA, PROTOCOL)


def explored(changes: dict[str, Any], **limits: int) -> Report:
    book = book_of(changed(desk_tables(), changes, []))
    return explore(book, samples=SAMPLES, outcomes=OUTCOMES, **limits)


def rules_broken(report: Report) -> set[str]:
    return {c.rule for c in report.found}


def example(report: Report, rule: str) -> Counterexample:
    return next(c for c in report.found if c.rule == rule)


@pytest.fixture(scope="module")
def sound() -> Report:
    return explored({})


def test_no_caller_of_the_desk_gets_stuck(sound: Report) -> None:
    assert "\n".join(str(c) for c in sound.found) == ""
    assert sound.proven


def test_the_exploration_enters_every_node(sound: Report) -> None:
    flows = book_of(desk_tables()).flows.values()
    assert sound.places == {f"{f.id}.{name}" for f in flows for name in f.nodes}


def test_an_exploration_without_room_proves_nothing() -> None:
    report = explored({}, most_stands=20)
    assert not report.complete
    assert not report.proven


def test_a_queue_that_leads_into_itself_never_ends() -> None:
    report = explored({"flows": {"person": {"nodes": {"queue": {"unanswered": "queue"}}}}})
    found = example(report, "every call ends")
    assert found.text == ("no end after 60 turns: silence for ever, every service fails")
    assert found.inputs[-1] == "nobody answers in the queue"


def test_a_closed_desk_that_hangs_up_leaves_the_caller_without_a_person() -> None:
    nodes = {"open": {"closed": "rate.bye"}}
    report = explored({"flows": {"person": {"nodes": nodes}}})
    found = example(report, "a person within two keys")
    assert found.inputs[-2:] == (
        "press 0",
        "CheckHours: open=false reason=night reopens_date=2030-01-08 reopens_time=07:30",
    )


def test_a_person_three_keys_away_is_too_far() -> None:
    more = {
        "type": "menu",
        "prompt": "hours.menu",
        "prompt_no_input": "error.no_input",
        "prompt_no_match": "error.no_match",
        "keys": {"1": "callback"},
    }
    nodes = {"closed": {"keys": {"1": "more"}}, "more": more}
    report = explored({"flows": {"person": {"nodes": nodes}}})
    assert "a person within two keys" in rules_broken(report)


def test_a_failed_proof_that_ends_the_call_is_found() -> None:
    report = explored({"flows": {"identify": {"nodes": {"proof": {"failed": "rate.bye"}}}}})
    found = example(report, "no silent end")
    assert found.text == "hangs up because a proof failed"
    assert found.inputs[:2] == ("call", "press 1")


def test_a_guard_that_a_call_runs_into_is_found() -> None:
    nodes = {"proof": {"give_up": "back"}, "back": {"type": "goto", "to": "return"}}
    report = explored({"flows": {"identify": {"nodes": nodes}}})
    found = example(report, "meets no fault of ours")
    assert found.text == "guard.refused at access.service (requires verified, level identified)"
    assert found.inputs[-3:] == ("silence", "silence", "silence")


def test_a_menu_that_says_nothing_is_found() -> None:
    report = explored({"flows": {"ticket": {"nodes": {"message": {"prompt": []}}}}})
    assert example(report, "never silent").text == "Record after silence"


def test_an_end_without_words_is_found() -> None:
    report = explored({"flows": {"rate": {"nodes": {"bye": {"say": []}}}}})
    assert example(report, "no silent end").text == "hangs up without a word"


def test_an_unknown_outcome_is_found() -> None:
    report = explored({"flows": {"ticket": {"nodes": {"after": {"outcome": "told"}}}}})
    assert example(report, "leaves an outcome").text == "the outcome is 'told'"


def test_a_counter_example_tells_the_shortest_call_and_counts_what_repeats() -> None:
    report = explored({"flows": {"rate": {"nodes": {"bye": {"say": []}}}}})
    shown = str(example(report, "no silent end"))
    assert shown.splitlines()[0] == "no silent end: rate.bye: hangs up without a word"
    assert "  call" in shown.splitlines()
    assert "  silence (3 times)" in shown


# Planted in the engine: what no flow file can do


def test_a_proof_that_is_not_asked_for_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(self: Verify, ctx: Context) -> Move:
        ctx.raise_level("verified")
        return GoTo(target=self.then)

    monkeypatch.setattr(Verify, "enter", enter)
    report = explored({})
    assert example(report, "nothing secret before all proofs").place.startswith("access.")


def test_a_fact_that_holds_what_was_typed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = GatherValue.resume

    def resume(self: GatherValue, ctx: Context, event: Event) -> Move:
        ctx.fact("value.kept", value=getattr(event, "value", ""))
        return honest(self, ctx, event)

    monkeypatch.setattr(GatherValue, "resume", resume)
    report = explored({})
    found = example(report, "facts hold nothing typed or said")
    assert found.text == "fact value.kept holds what was typed or said, as 'value'"


def test_a_value_that_json_does_not_keep_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Reset.request

    def request(self: Reset, ctx: Context) -> Request:
        ctx.change(passed=list(ctx.state.passed))
        return honest(self, ctx)

    monkeypatch.setattr(Reset, "request", request)
    assert "state survives JSON" in rules_broken(explored({}))
