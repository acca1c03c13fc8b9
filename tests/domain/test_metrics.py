"""The dictionary of figures: published oracle, sums that reconcile, words for every figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.metrics import (
    FIGURES,
    abandonment,
    count,
    handling,
    occupancy,
    service_level,
    wait_within,
    waits,
)
from ivr.domain.metrics_events import CallSeen, Closed, History, InState, Stay, Step, Talk
from ivr.domain.metrics_service_level import FORMULAS, WaitCounts
from ivr.domain.metrics_tally import CALL_ENDS, STAY_ENDS, Rules, merge, of, tally

T0 = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
RULES = Rules()
PUBLISHED = {"F1": 83.02, "F2": 86.00, "F3": 81.13, "F4": 82.69, "F5": 82.08}


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def stay(number: int, seconds: float, result: str, queue: str = "atendimento") -> Stay:
    return Stay(
        call_sid=f"CA{number}", queue=queue, began=T0, left_at=after(seconds), result=result
    )


def published() -> History:
    """The published example, as single waits."""
    waits = [12.0] * 860 + [45.0] * 140
    left = [3.0] * 10 + [15.0] * 10 + [90.0] * 40
    stays = [stay(n, s, "answered") for n, s in enumerate(waits)]
    stays += [stay(2000 + n, s, "abandoned") for n, s in enumerate(left)]
    return History(stays=tuple(stays))


@pytest.mark.parametrize(("formula", "percent"), PUBLISHED.items())
def test_published_example_of_service_level_is_met_by_each_formula(
    formula: str, percent: float
) -> None:
    counts = WaitCounts(answered=1000, answered_in=860, abandoned=60, abandoned_in=20, short=10)
    # The source tells of 20 abandoned within T; 10 of the 60 within 5 s are among them.
    assert FORMULAS[formula].percent(counts) == pytest.approx(percent, abs=0.005)


@pytest.mark.parametrize("formula", PUBLISHED)
def test_published_example_comes_out_of_raw_waits_too(formula: str) -> None:
    sums = tally(published(), RULES)
    reading = service_level(sums, Rules(formula=formula))
    assert reading.value == pytest.approx(PUBLISHED[formula], abs=0.005)
    assert waits(sums).short == 10


def test_service_level_of_nothing_is_no_number() -> None:
    assert service_level({}, RULES).value is None
    assert all(f.percent(WaitCounts()) is None for f in FORMULAS.values())


def test_short_abandonments_are_told_apart_and_a_wish_for_a_callback_is_none() -> None:
    history = History(
        stays=(
            stay(1, 3, "abandoned"),
            stay(2, 60, "abandoned"),
            stay(3, 60, "wish:callback"),
            stay(4, 10, "answered"),
        )
    )
    sums = tally(history, RULES)
    assert abandonment(sums, RULES).parts == {"over": 1, "under": 4}
    assert count(sums, "stay.short") == 1
    assert count(sums, "stay.callback") == 1


def test_handling_time_has_three_parts_that_add_up() -> None:
    talk = Talk(
        call_sid="CA1", queue="q", agent="a", started_at=T0, ended_at=after(100),
        hold_seconds=30, wrapped_at=after(140),
    )  # fmt: skip
    reading = handling(tally(History(talks=(talk,)), RULES), RULES)
    assert reading.parts == {"talk": 70, "hold": 30, "wrap": 40}
    assert reading.value == 140


def test_colleague_who_is_only_asked_is_no_talk_with_the_caller() -> None:
    talk = Talk(
        call_sid="CA1", queue="q", agent="a", started_at=T0, ended_at=after(9),
        wrapped_at=after(10), kind="consult",
    )  # fmt: skip
    assert tally(History(talks=(talk,)), RULES) == {}


def test_occupancy_leaves_pauses_out() -> None:
    spells = [("available", 0, 60), ("in_call", 60, 120)]
    spells += [("wrap_up", 120, 150), ("paused", 150, 900)]
    states = tuple(
        InState(agent="ana", state=state, since=after(a), until=after(b)) for state, a, b in spells
    )
    reading = occupancy(tally(History(states=states), RULES), "ana")
    assert reading.value == pytest.approx(60.0)
    assert reading.n == 900


def test_wait_of_most_callers_is_told_by_its_class() -> None:
    sums = tally(published(), RULES)
    assert wait_within(sums, 0.5) == 20
    assert wait_within(sums, 0.9) == 45
    assert wait_within({}, 0.9) is None


def test_prank_stands_in_no_figure_but_is_counted_as_left_out() -> None:
    call = CallSeen(sid="CA1", started_at=T0, ended_at=after(9), outcome="abandoned", turns=2)
    history = History(calls=(call,), stays=(stay(1, 60, "abandoned"),), left_out=frozenset({"CA1"}))
    sums = tally(history, RULES)
    assert count(sums, "call.end", "fora_da_conta") == 1
    assert count(sums, "stay.offered") == 0
    assert count(sums, "call.greeted") == 0


def test_hanging_up_in_the_menu_is_not_contained() -> None:
    steps = (
        Step(kind="node.entered", node="main.menu"),
        Step(kind="call.ended", node="main.menu"),
    )
    call = CallSeen(
        sid="CA1", started_at=T0, ended_at=after(9), ended_by="caller", outcome="abandoned",
        turns=2, revision="r1", steps=steps,
    )  # fmt: skip
    sums = tally(History(calls=(call,)), RULES)
    assert count(sums, "call.contained") == 0
    assert count(sums, "call.greeted") == 1
    assert of(sums, "node.dropped") == {"r1|main.menu": (1, 0)}
    assert count(sums, "call.hung_up", "chamador") == 1


def test_wish_for_a_person_is_told_by_service_and_by_the_step_it_was_made_at() -> None:
    steps = (
        Step(kind="node.entered", node="access.ask"),
        Step(kind="person.asked", node="access.ask"),
        Step(kind="person.asked", node="access.ask"),
    )
    call = CallSeen(sid="CA1", started_at=T0, revision="r1", service="email", steps=steps)
    sums = tally(History(calls=(call,)), RULES)
    assert of(sums, "service.person") == {"email": (1, 0)}
    assert of(sums, "node.person") == {"r1|access.ask": (1, 0)}


def test_deadlines_are_told_by_both_clocks() -> None:
    late = Closed(
        opened_at=T0, closed_on=date(2026, 12, 1), due_business=date(2026, 11, 30),
        due_calendar=date(2026, 12, 2),
    )  # fmt: skip
    sums = tally(History(closed=(late,)), RULES)
    assert FIGURES["prazo_uteis"].of(sums, RULES).value == 0
    assert FIGURES["prazo_corridos"].of(sums, RULES).value == 100


def test_every_figure_has_a_name_a_formula_and_survives_an_empty_period() -> None:
    for name, figure in FIGURES.items():
        assert figure.id == name
        assert figure.name
        assert "{" not in figure.text(RULES)
        assert figure.of({}, RULES).n == 0
        assert figure.of({}, RULES).value in (None, 0)


RESULTS = st.sampled_from(
    ["answered", "bridged", "abandoned", "hangup", "wish:callback", "left", "moved", "timeout", ""]
)
STAYS = st.builds(
    lambda n, queue, seconds, result, kind: Stay(
        call_sid=f"CA{n}",
        queue=queue,
        began=T0,
        left_at=None if not result else after(seconds),
        result=result,
        kind=kind,
    ),
    st.integers(0, 30),
    st.sampled_from(["atendimento", "segundo_nivel"]),
    st.floats(0, 4000),
    RESULTS,
    st.sampled_from(["call", "call", "transfer", "callback", "consult"]),
)
CALLS = st.builds(
    lambda n, live, outcome, talked, closed, turns: CallSeen(
        sid=f"CA{n}",
        started_at=T0,
        ended_at=None if live else after(60),
        ended_by="caller",
        outcome=outcome,
        turns=turns,
        talks=(Talk(call_sid=f"CA{n}", queue="q", agent="a", started_at=T0),) if talked else (),
        steps=(Step(kind="hours.checked", result="closed"),) if closed else (),
    ),
    st.integers(0, 30),
    st.booleans(),
    st.sampled_from(["abandoned", "informed", "resolved_self_service", "wants_person", "fault"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 5),
)
HISTORIES = st.builds(
    lambda calls, stays, out: History(
        calls=tuple(calls), stays=tuple(stays), left_out=frozenset(f"CA{n}" for n in out)
    ),
    st.lists(CALLS, max_size=20),
    st.lists(STAYS, max_size=20),
    st.sets(st.integers(0, 30), max_size=3),
)


@given(HISTORIES)
def test_every_call_and_every_stay_is_counted_exactly_once(history: History) -> None:
    sums = tally(history, RULES)
    assert sum(count(sums, "call.end", end) for end in CALL_ENDS) == len(history.calls)
    counted = [s for s in history.stays if s.kind == "call" and s.call_sid not in history.left_out]
    assert count(sums, "stay.offered") == len(counted)
    assert sum(count(sums, f"stay.{end}") for end in STAY_ENDS) == len(counted)
    for queue in ("atendimento", "segundo_nivel"):
        assert sum(count(sums, f"stay.{end}", queue) for end in STAY_ENDS) == count(
            sums, "stay.offered", queue
        )
    within = waits(sums)
    assert within.answered_in <= within.answered
    assert within.short <= within.abandoned_in <= within.abandoned


@given(HISTORIES)
def test_who_was_answered_is_never_counted_as_abandoned(history: History) -> None:
    for call in history.calls:
        if call.talks and call.ended_at and call.sid not in history.left_out:
            assert count(tally(History(calls=(call,)), RULES), "call.end", "atendida") == 1
    answered = [s for s in history.stays if s.result in ("answered", "bridged")]
    sums = tally(History(stays=tuple(answered)), RULES)
    assert count(sums, "stay.abandoned") + count(sums, "stay.short") == 0


@given(HISTORIES, HISTORIES)
def test_sums_of_two_periods_add_up(one: History, other: History) -> None:
    apart = merge([tally(one, RULES), tally(other, RULES)])
    both = History(calls=one.calls, stays=one.stays, left_out=one.left_out)
    assert merge([apart, {}]) == apart
    assert merge([tally(both, RULES), tally(other, RULES)]) == apart
