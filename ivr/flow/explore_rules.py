"""What must hold after every step of every call. A rule tells what is wrong, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ivr.flow.events import Digits, LeftQueue, Speech
from ivr.flow.explore_inputs import NUMBER
from ivr.flow.explore_stand import Stand
from ivr.flow.facts import Fact
from ivr.flow.requests import ResetPassword, ResetSystems, UnlockAccount
from ivr.flow.state import CallState
from ivr.flow.verbs import Filler, Gather, Hangup, Record, Say, SpeakSecret

StandRule = Callable[[Stand], str]


def verb_or_request(stand: Stand) -> str:
    """A step ends with one verb that ends the turn, or with a request."""
    done = stand.step
    before = done.verbs if done.request is not None else done.verbs[:-1]
    if any(not isinstance(v, Say) for v in before):
        return "a verb that ends the turn is followed by more"
    if done.request is None and stand.ending is None:
        return "the step has neither a request nor a verb that ends the turn"
    return ""


def no_fault_of_ours(stand: Stand) -> str:
    """No step meets a bound, a missing node or a guard: the checker should have."""
    for fact in stand.step.facts:
        if fact.kind.startswith("fault.") or fact.kind == "guard.refused":
            shown = ", ".join(f"{k} {v}" for k, v in fact.data.items())
            return f"{fact.kind} at {fact.flow}.{fact.node} ({shown})"
    return ""


def state_survives(stand: Stand) -> str:
    """The state comes back whole from JSON."""
    state = stand.step.state
    again = CallState.from_dict(json.loads(json.dumps(state.to_dict())))
    return "" if again == state else "the state does not come back from JSON as it was"


def proven_before_secret(stand: Stand) -> str:
    """Nothing secret is made or spoken before every factor of the person was proven."""
    state = stand.step.state
    secret = isinstance(stand.step.request, ResetPassword | ResetSystems | UnlockAccount)
    if not secret and not isinstance(stand.ending, SpeakSecret):
        return ""
    asked = [f for f in state.values.get("factors", "").split(",") if f]
    missing = [f for f in asked if not set(f.split("|")) & set(state.passed)]
    if state.level != "verified" or not asked or missing:
        return f"asked for {type(stand.step.request or stand.ending).__name__} while {state.level}"
    return ""


def facts_are_clean(stand: Stand) -> str:
    """No fact holds what was typed or said."""
    return next((t for f in stand.step.facts if (t := _leak(f, stand))), "")


def something_said(stand: Stand) -> str:
    """Before the caller is heard, or waits for a job, something is said."""
    ending = stand.ending
    if not isinstance(ending, Gather | Record | Filler):
        return ""
    if ending.speech or stand.spoken or len(stand.step.verbs) > 1:
        return ""
    return f"{type(ending).__name__} after silence"


def no_silent_end(stand: Stand) -> str:
    """The call ends with words, and never because a proof failed."""
    if not isinstance(stand.ending, Hangup) or _gone(stand):
        return ""
    if any(f.kind == "proof.failed" for f in stand.step.facts):
        return "hangs up because a proof failed"
    said = stand.ending.speech or stand.spoken or len(stand.step.verbs) > 1
    return "" if said else "hangs up without a word"


def outcome_known(outcomes: frozenset[str]) -> StandRule:
    """Whoever hangs up now leaves an outcome."""

    def rule(stand: Stand) -> str:
        outcome = stand.step.state.outcome
        known = outcome in outcomes if outcomes else bool(outcome)
        return "" if known else f"the outcome is {outcome!r}"

    return rule


def stand_rules(outcomes: frozenset[str]) -> Mapping[str, StandRule]:
    """Every rule by its name."""
    return {
        "ends with a verb or a request": verb_or_request,
        "meets no fault of ours": no_fault_of_ours,
        "state survives JSON": state_survives,
        "nothing secret before all proofs": proven_before_secret,
        "facts hold nothing typed or said": facts_are_clean,
        "never silent": something_said,
        "no silent end": no_silent_end,
        "leaves an outcome": outcome_known(outcomes),
    }


def _gone(stand: Stand) -> bool:
    """Whether the caller has hung up."""
    return isinstance(stand.event, LeftQueue) and stand.event.result == "hangup"


def _leak(fact: Fact, stand: Stand) -> str:
    for name, value in fact.data.items():
        text = str(value)
        if any(secret in text for secret in _typed(stand)):
            return f"fact {fact.kind} holds what was typed or said, as {name!r}"
    return ""


def _typed(stand: Stand) -> set[str]:
    """What was typed or said in this step; digits from four on, words from two on."""
    found = {NUMBER[:4]}
    event = stand.event
    if isinstance(event, Digits):
        found |= {run for run in re.findall(r"\d+", event.value) if len(run) >= 4}
    if isinstance(event, Speech) and len(event.text.split()) > 1:
        found.add(event.text)
    return found
