"""The exploration: the sound desk is proven, and each planted defect gives its counter-example."""

from __future__ import annotations

from typing import Any

import pytest
from flow_cases import CPF, MATRICULA, PROTOCOL
from flow_desk import OUTCOMES, book_of, changed, desk_tables

from ivr.flow.context import Context
from ivr.flow.events import Event
from ivr.flow.explore import Counterexample, Report, explore
from ivr.flow.moves import GoTo, Move
from ivr.flow.nodes.gather import GatherValue
from ivr.flow.nodes.reset import Reset
from ivr.flow.nodes.verify import Verify
from ivr.flow.requests import Request

SAMPLES = (CPF, MATRICULA, PROTOCOL)


def explored(
    changes: dict[str, Any], *flows: str, keys: dict[str, str] | None = None, **limits: int
) -> Report:
    """The desk with some changes; with ``flows``, only those, the entry and the way to a person,
    and only the ``keys`` of the first menu that lead there."""
    tables = changed(desk_tables(), {"flows": changes}, [])
    if flows:
        kept = {"main", "person", "rate", *flows}
        tables["flows"] = {k: v for k, v in tables["flows"].items() if k in kept}
        tables["flows"]["main"]["nodes"]["menu"]["keys"] = keys or {"1": "rate.ask"}
    return explore(book_of(tables), samples=SAMPLES, outcomes=OUTCOMES, **limits)


def rules_broken(report: Report) -> set[str]:
    return {c.rule for c in report.found}


def example(report: Report, rule: str) -> Counterexample:
    return min((c for c in report.found if c.rule == rule), key=lambda c: len(c.inputs))


@pytest.fixture(scope="module")
def sound() -> Report:
    return explored({})


def test_no_caller_of_the_desk_gets_stuck(sound: Report) -> None:
    assert sound.found == ()
    assert sound.ok


def test_the_exploration_enters_every_node(sound: Report) -> None:
    assert sound.missed == ()


def test_a_node_that_no_call_enters_is_told_and_proves_nothing() -> None:
    idle = {"type": "hangup", "say": "bye"}
    report = explored({"rate": {"nodes": {"idle": idle}}}, "rate")
    assert "rate.idle" in report.missed
    assert "rate.idle" in str(report)
    assert not report.ok


def test_an_exploration_without_room_proves_nothing() -> None:
    report = explored({}, most_stands=20)
    assert not report.complete
    assert not report.ok


def test_the_desk_with_fewer_flows_breaks_no_rule_either() -> None:
    assert explored({}, "rate").found == ()
    assert explored({}, "access", "identify", keys={"1": "password"}).found == ()


def test_a_queue_that_leads_into_itself_never_ends() -> None:
    report = explored({"person": {"nodes": {"queue": {"unanswered": "queue"}}}}, "rate")
    found = next(c for c in report.found if c.place == "main.menu")
    assert found.rule == "every call ends"
    assert found.text.startswith("no end after 60 turns: silence for ever, every service ")
    assert "nobody answers in the queue" in found.inputs[-2:]


def test_a_closed_desk_that_hangs_up_leaves_the_caller_without_a_person() -> None:
    report = explored({"person": {"nodes": {"open": {"closed": "rate.bye"}}}}, "rate")
    found = example(report, "a person within two keys")
    assert found.place == "main.menu"
    assert found.inputs[:2] == ("call", "press 0")
    assert found.inputs[2].startswith("CheckHours: open=false reason=night")


def test_a_person_three_keys_away_is_too_far() -> None:
    more = {
        "type": "menu",
        "prompt": "hours.menu",
        "prompt_no_input": "error.no_input",
        "prompt_no_match": "error.no_match",
        "keys": {"1": "callback"},
    }
    nodes = {"closed": {"keys": {"1": "more", "2": "more"}}, "more": more}
    report = explored({"person": {"nodes": nodes}}, "rate")
    assert rules_broken(report) == {"a person within two keys"}
    assert {c.place for c in report.found} == {"main.menu", "rate.ask", "person.callback"}


def test_a_failed_proof_that_ends_the_call_is_found() -> None:
    nodes = {"proof": {"failed": "rate.bye"}}
    keys = {"1": "password"}
    report = explored({"identify": {"nodes": nodes}}, "access", "identify", keys=keys)
    found = example(report, "no silent end")
    assert found.text == "hangs up because a proof failed"
    assert found.inputs[:2] == ("call", "press 1")


def test_a_guard_that_a_call_runs_into_is_found() -> None:
    nodes = {"proof": {"give_up": "back"}, "back": {"type": "goto", "to": "return"}}
    keys = {"1": "password"}
    report = explored({"identify": {"nodes": nodes}}, "access", "identify", keys=keys)
    found = example(report, "meets no fault of ours")
    assert found.text == "guard.refused at access.service (requires verified, level identified)"
    assert found.inputs[-3:] == ("silence", "silence", "silence")


def test_a_record_that_asks_nothing_is_found() -> None:
    nodes = {"need": {"prompt": []}}
    keys = {"1": "explain.need", "2": "explain.complaint"}
    report = explored({"explain": {"nodes": nodes}}, "explain", keys=keys)
    assert example(report, "never silent").text == "Record after silence"


def test_an_end_without_words_is_found() -> None:
    report = explored({"rate": {"nodes": {"bye": {"say": []}}}}, "rate")
    assert example(report, "no silent end").text == "hangs up without a word"
    assert example(report, "no silent end").inputs == ("call", "press 1", "silence")


def test_an_unknown_outcome_is_found() -> None:
    report = explored({"rate": {"nodes": {"bye": {"outcome": "done"}}}}, "rate")
    assert example(report, "leaves an outcome").text == "the outcome is 'done'"


def test_a_counter_example_counts_what_repeats() -> None:
    inputs = ("call", "silence", "silence", "press 0")
    found = Counterexample(rule="ends", place="a.b", text="no end", inputs=inputs)
    assert str(found) == "ends: a.b: no end\n  call\n  silence (2 times)\n  press 0"


# Planted in the engine: what no flow file can do


def test_a_proof_that_is_not_asked_for_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(self: Verify, ctx: Context) -> Move:
        ctx.raise_level("verified")
        return GoTo(target=self.then)

    monkeypatch.setattr(Verify, "enter", enter)
    report = explored({}, "access", "identify", keys={"1": "password"})
    assert example(report, "nothing secret before all proofs").place.startswith("access.")


def test_a_fact_that_holds_what_was_typed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = GatherValue.resume

    def resume(self: GatherValue, ctx: Context, event: Event) -> Move:
        ctx.fact("value.kept", value=getattr(event, "value", ""))
        return honest(self, ctx, event)

    monkeypatch.setattr(GatherValue, "resume", resume)
    report = explored({}, "extension", keys={"1": "extension.ask"})
    found = example(report, "facts hold nothing typed or said")
    assert found.text == "fact value.kept holds what was typed or said, as 'value'"


def test_a_value_that_json_does_not_keep_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Reset.request

    def request(self: Reset, ctx: Context) -> Request:
        ctx.keep(made=("one", "two"))  # type: ignore[arg-type]
        return honest(self, ctx)

    monkeypatch.setattr(Reset, "request", request)
    report = explored({}, "access", "identify", keys={"1": "password"})
    assert "state survives JSON" in rules_broken(report)
