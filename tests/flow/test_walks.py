"""Random calls over a whole desk, in any order and with any content: the engine bears it all."""

from __future__ import annotations

from typing import get_args

from flow_cases import CPF, PROTOCOL, stored
from flow_desk import DESK, desk
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow import engine
from ivr.flow.engine import Step, start, step
from ivr.flow.events import (
    CallStarted,
    DialEnded,
    DialStatus,
    Digits,
    Event,
    LeftQueue,
    NoInput,
    QueueResult,
    Recorded,
    RequestDone,
    RequestFailed,
    Speech,
    StillWorking,
    StreamLost,
)
from ivr.flow.explore_answers import ANSWERS, answers
from ivr.flow.requests import PersonLookup, ResetPassword, UnlockAccount
from ivr.flow.state import LEVELS
from ivr.flow.verbs import Gather, Say, SpeakSecret

BOOK = desk()
FACTORS = (("pin", "sms_code"), ("pin",), (), ("voice",))
ALL_ANSWERS = [
    *(a for given_answers in ANSWERS.values() for a in given_answers),
    *(PersonLookup(person="p", factors=f) for f in FACTORS),
]

DIGITS = st.one_of(
    st.sampled_from([*"0123456789*#", CPF, PROTOCOL, "48151623", "271828", "1001", "123456"]),
    st.text(alphabet="0123456789*#", max_size=15),
    st.text(max_size=10),
)
WORDS = st.one_of(
    st.sampled_from(["sim", "não", "senha", "chamado", "correio", "atendente", "voltar", "um"]),
    st.text(max_size=40),
)
KEYED = st.builds(Digits, value=DIGITS, ended_by=st.sampled_from(["", "#", "*"]))
SAID = st.builds(Speech, text=WORDS, confidence=st.none() | st.floats())
CALLER: st.SearchStrategy[Event] = st.one_of(
    KEYED,
    SAID,
    st.just(NoInput()),
    st.just(StreamLost()),
    st.builds(Recorded, recording=st.text(max_size=5), seconds=st.integers(-1, 400)),
    st.builds(
        LeftQueue,
        result=st.sampled_from(get_args(QueueResult)),
        wish=st.sampled_from(["", "callback"]) | st.text(max_size=15),
    ),
    st.builds(DialEnded, status=st.sampled_from(get_args(DialStatus))),
)
ANYTHING: st.SearchStrategy[Event] = st.one_of(
    CALLER,
    st.builds(RequestDone, answer=st.sampled_from(ALL_ANSWERS)),
    st.builds(RequestFailed, permanent=st.booleans()),
    st.just(StillWorking()),
    st.just(CallStarted(protocol=PROTOCOL, deadline="2026-12-01")),
)


def look(done: Step) -> None:
    """What must hold after any step, whatever came before."""
    before = done.verbs if done.request else done.verbs[:-1]
    assert all(isinstance(v, Say) for v in before)
    assert done.request or (done.verbs and not isinstance(done.verbs[-1], Say))
    assert stored(done.state) == done.state
    assert done.state.outcome
    assert len(done.state.stack) <= engine.STACK_DEPTH
    assert len(done.facts) <= 4 * engine.NODES_A_STEP
    if done.state.level != "verified":
        assert not isinstance(done.request, ResetPassword | UnlockAccount)
        assert not isinstance(done.verbs[-1] if done.verbs else None, SpeakSecret)


def leaks(done: Step, event: Event) -> list[str]:
    """Facts that hold what was typed or said."""
    typed = event.value if isinstance(event, Digits) else ""
    said = event.text if isinstance(event, Speech) else ""
    secrets = [s for s in (typed, said) if len(s) >= 4 and s not in FLOW_WORDS]
    shown = [str(value) for fact in done.facts for value in fact.data.values()]
    return [value for value in shown for secret in secrets if secret in value]


FLOW_WORDS = DESK.read_text()


@given(st.lists(ANYTHING, max_size=40))
@settings(max_examples=300, deadline=None)
def test_events_in_any_order_never_break_the_engine(events: list[Event]) -> None:
    state, speech = start(BOOK), ()
    for event in events:
        done = step(BOOK, stored(state), event, speech=speech)
        look(done)
        assert leaks(done, event) == []
        if state.status == "ended":
            assert done.state == state
        assert LEVELS.index(done.state.level) >= LEVELS.index(state.level)
        state, speech = done.state, done.speech


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_caller_who_does_anything_gets_sound_answers_until_the_end(data: st.DataObject) -> None:
    done = step(BOOK, start(BOOK), CallStarted(protocol=PROTOCOL, deadline="2026-12-01"))
    for _ in range(60):
        look(done)
        if done.state.status == "ended":
            break
        event: Event
        if done.request is not None:
            event = data.draw(st.sampled_from([e for _, e in answers(done.request, FACTORS)]))
        else:
            event = data.draw(CALLER)
        after = step(BOOK, stored(done.state), event, speech=done.speech)
        assert leaks(after, event) == []
        assert "guard.refused" not in [f.kind for f in after.facts]
        done = after


@given(st.lists(KEYED, max_size=30))
@settings(max_examples=100, deadline=None)
def test_keys_alone_never_raise_the_assurance(pressed: list[Digits]) -> None:
    state = step(BOOK, start(BOOK), CallStarted(protocol="", deadline="")).state
    for event in pressed:
        state = step(BOOK, state, event).state
        assert state.level == "anonymous"


@given(st.lists(st.sampled_from([NoInput(), Digits(value="A"), Speech(text="hã")]), max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_caller_who_is_never_understood_is_sent_to_a_person_within_nine_tries(
    events: list[Event],
) -> None:
    done = step(BOOK, start(BOOK), CallStarted(protocol="", deadline=""))
    for tries, event in enumerate(events, 1):
        assert isinstance(done.verbs[-1], Gather)
        done = step(BOOK, stored(done.state), event)
        if done.request is not None:
            assert done.state.at.flow == "person"
            return
        assert tries < 9
