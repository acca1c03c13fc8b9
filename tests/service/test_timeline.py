"""A call's timeline, and the script that is made of it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk import DESK, OPEN, Desk, people

from ivr.carrier.script import Script, parse_script, read_script
from ivr.carrier.script_run import ScriptResult, run_script
from ivr.ports.store import JournalEntry
from ivr.service.timeline import Timeline, timeline_of
from ivr.service.timeline_script import script_of
from ivr.service.timeline_spans import spans_of

STORIES = Path(__file__).resolve().parents[1] / "calls"
TOLD_AGAIN = (
    "reset_by_link",
    "person_at_once",
    "ask_after_a_ticket",
    "matricula",
    "wrong_pin_three_times",
    "input_faults_at_identification",
    "service_by_code",
    "unlock",
    "keys_everywhere",
    "silence_at_the_menu",
    "wrong_keys_at_the_menu",
    "complain",
    "closed_hours",
    "spoken_identification",
    "reset_spoken",
    "callback_from_queue",
)


def play(desk: Desk, script: Script) -> ScriptResult:
    async def scenario(exchange):  # type: ignore[no-untyped-def]
        return await run_script(
            script,
            exchange,
            list(people().values()),
            to=DESK,
            messages=lambda number: [body for to, body in desk.sms.sent if to == number],
        )

    return desk.run(scenario, at=script.at or OPEN)


def play_again(desk: Desk, script: Script) -> ScriptResult:
    """A week later, with the messages of the first time gone."""
    desk.sms.sent.clear()
    return play(desk, script.model_copy(update={"at": (script.at or OPEN) + timedelta(days=7)}))


def told(desk: Desk, name: str) -> Timeline:
    result = play(desk, read_script(STORIES / f"{name}.toml"))
    assert result.problems == [], result.heard
    found = timeline_of(desk.rt, result.call.sid)
    assert found is not None
    return found


def script_text(desk: Desk, found: Timeline) -> str:
    return script_of(found, desk.rt.flows.book(found.call.revision, desk.rt.store))


@pytest.mark.parametrize("name", TOLD_AGAIN)
def test_script_of_a_call_is_played_again_and_comes_to_the_same_end(desk: Desk, name: str) -> None:
    found = told(desk, name)
    text = script_text(desk, found)
    assert "# An input" not in text, text
    again = play_again(desk, parse_script(tomllib.loads(text), name=name))
    assert again.problems == [], text
    assert desk.call(again.call.sid).outcome == found.call.outcome
    assert desk.ticket(again.call.sid).identity == found.line.facts.identity


def test_script_holds_classes_of_inputs_and_no_number_of_a_person(desk: Desk) -> None:
    text = script_text(desk, told(desk, "reset_by_link"))
    ana = people()["ana"]
    for secret in (ana["cpf"], ana["pin"], ana["mobile"], ana["matricula"], desk.sms.code()):
        assert secret not in text
    assert "{cpf}" in text
    assert "{pin}#" in text
    assert "{sms_code}" in text


def test_input_without_a_class_ends_the_script_and_says_so(desk: Desk) -> None:
    found = told(desk, "reset_by_link")
    paper = tuple(
        replace(e, data={"factor": "printed_code"}) if e.data.get("factor") == "sms_code" else e
        for e in found.journal
    )
    text = script_text(desk, replace(found, journal=paper))
    assert text.startswith("# An input at identify.proof")
    script = parse_script(tomllib.loads(text), name="cut")
    assert script.ends.by == "caller"
    assert script.steps[-1].hang_up
    assert play_again(desk, script).problems == []


def test_timeline_tells_what_was_said_heard_and_decided_in_order(desk: Desk) -> None:
    found = told(desk, "reset_by_link")
    kinds = [span.kind for span in found.spans]
    order = ["call.opened", "person.identified", "person.verified", "rating.given", "call.ended"]
    assert [kind for kind in kinds if kind in order] == order
    said = [one for span in found.spans for one in span.said]
    welcome = next(one for one in said if one.prompt == "greeting.welcome")
    assert welcome.text == desk.rt.prompts.prompts["greeting.welcome"].text
    assert {span.lane for span in found.spans} >= {"chamador", "ura", "sistema", "operadora"}
    secret = next(s for s in found.spans if s.kind == "input.received" and s.data["length"] == 8)
    assert dict(secret.data) == {"by": "keys", "length": 8}
    assert found.path[0] == "main.greeting"
    assert "identify.proof" in found.path
    assert found.line.facts.revision == found.call.revision


def test_slow_answer_and_fault_are_flagged(desk: Desk) -> None:
    found = told(desk, "reset_by_link")
    at = found.call.started_at
    odd = (
        JournalEntry(turn=90, seq=0, at=at, kind="fault.bound", flow="main", node="menu"),
        JournalEntry(turn=90, seq=1, at=at, kind="turn.answered", data={"ms": 1001}),
        JournalEntry(turn=91, seq=1, at=at, kind="turn.answered", data={"ms": 1000}),
    )
    spans = spans_of(desk.rt.prompts, found.call, journal=odd, trail=found.trail, events=())
    levels = {(span.kind, span.turn): span.level for span in spans}
    assert levels["fault.bound", 90] == "error"
    assert levels["webhook", 90] == "warning"
    assert levels["webhook", 91] == "plain"


def test_row_of_the_log_adds_up_to_the_whole_call(desk: Desk) -> None:
    for name in ("reset_by_link", "person_at_once", "callback_from_queue"):
        found = told(desk, name)
        with desk.rt.store.begin(write=False) as tx:
            facts = tx.call_search.facts(found.call.sid)
        assert facts is not None
        assert found.call.ended_at is not None
        whole = (found.call.ended_at - found.call.started_at) // timedelta(seconds=1)
        assert facts.ivr_seconds + facts.queue_seconds + facts.talk_seconds == whole
    assert not facts.had_error


def test_caller_who_hangs_up_in_the_queue_is_told_as_abandoned_with_the_place(desk: Desk) -> None:
    found = told(desk, "person_at_once")
    facts = found.line.facts
    assert facts.ended_by == "caller"
    assert facts.abandoned
    assert facts.queue_position == 1
    assert 1 <= facts.queue_seconds <= 60


def test_timeline_of_an_unknown_call_is_none(desk: Desk) -> None:
    assert timeline_of(desk.rt, "CA" + "0" * 32) is None


def test_no_line_of_the_timeline_holds_a_number_of_the_person(desk: Desk) -> None:
    found = told(desk, "reset_by_link")
    text = repr([(s.kind, dict(s.data), s.said, s.place) for s in found.spans])
    ana = people()["ana"]
    for secret in (ana["cpf"], ana["pin"], ana["mobile"], ana["matricula"], desk.sms.code()):
        assert secret not in text
    assert not re.search(r"\b[0-9]{11}\b", text)
