"""A question of a stream in the time of its own sound: no clock, no engine, no socket."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.events import Digits, NoInput, Speech
from ivr.flow.verbs import Gather, Say, Utterance
from ivr.ports.speech import Heard
from ivr.service.stream import listening, pace, playing
from ivr.service.stream.keys import MOST_KEYS, KeyCollector
from ivr.service.stream.pace import Pace, TooMuchError
from ivr.service.stream.question import Input, Question, Step
from ivr.service.stream.whole import is_whole
from ivr.service.streams import StreamTurn

YES_NO = ("sim", "não")


def question(*, says_ms: float = 0, prompt_ms: float = 1000, **changes: Any) -> Question:
    """Turn 4, both keys and words, six seconds of patience."""
    speech = (Utterance(prompt="ask"),)
    gather = Gather(**{"speech": speech, "mode": "both", "own_ears": True, **changes})
    says = (Say(speech=speech),) if says_ms else ()
    turn = StreamTurn(turn=4, says=says, gather=gather)
    return Question(turn, says_ms=says_ms, prompt_ms=prompt_ms)


def after_prompt(**changes: Any) -> Question:
    asked = question(**changes)
    asked.sound(1000)
    asked.mark("4-ask")
    return asked


def silence(asked: Question, ms: int) -> list[Step]:
    return [step for _ in range(0, ms, 100) if (step := asked.sound(100)) != Step()]


def partial(text: str) -> Heard:
    return Heard(text=text, final=False)


def final(text: str = "", *, foreign: int = 0) -> Heard:
    return Heard(text=text, confidence=0.9 if text else None, foreign=foreign)


def ended(asked: Question, rest: Heard | None = None) -> Input | None:
    return asked.rest(rest or Heard())


def test_the_time_for_an_answer_runs_from_the_end_of_the_prompt() -> None:
    asked = question(timeout=6)
    assert silence(asked, 3000) == []
    asked.mark("4-ask")
    assert silence(asked, 5900) == []
    assert asked.sound(100) == Step(finish=True)
    assert ended(asked) == NoInput()


def test_without_an_engine_the_time_ends_in_no_input_at_once() -> None:
    asked = after_prompt(mode="keys", timeout=2)
    assert not asked.listens
    assert silence(asked, 2000) == [Step(event=NoInput())]


def test_a_mark_of_another_question_ends_nothing() -> None:
    asked = question(timeout=2)
    asked.mark("3-ask")
    asked.mark("4-says")
    assert silence(asked, 5000) == []


def test_a_mark_that_never_comes_counts_as_come_in_the_end() -> None:
    asked = question(prompt_ms=1000, timeout=2)
    assert silence(asked, 1000 + playing.GRACE_MS + 2000 - 100) == []
    assert silence(asked, 100) == [Step(finish=True)]


def test_each_key_gives_the_next_one_its_time() -> None:
    asked = after_prompt(timeout=3)
    assert silence(asked, 2900) == []
    for digit in "123":
        assert asked.key(digit) == Step()
        assert silence(asked, 2900) == []
    assert silence(asked, 100) == [Step(event=Digits(value="123"))]


def test_a_key_cuts_the_prompt_once() -> None:
    asked = question(digits=3)
    assert [asked.key(d) for d in "12"] == [Step(clear=True), Step()]
    assert asked.key("3") == Step(event=Digits(value="123"))


def test_after_a_key_the_engine_gets_no_sound() -> None:
    asked = after_prompt()
    assert asked.listens
    asked.sound(100, partial("um"))
    asked.key("5")
    assert not asked.listens
    assert asked.sound(100, final("um dois três")) == Step()


def test_during_speech_that_must_be_heard_nothing_counts() -> None:
    asked = question(says_ms=2000, digits=1)
    assert not asked.asking and not asked.listens
    assert asked.key("1") == Step()
    assert asked.sound(100, final("sim")) == Step()
    asked.mark("4-says")
    assert asked.asking and asked.listens
    assert asked.key("2").event == Digits(value="2")


def test_words_cut_the_prompt_when_they_have_stood_for_a_moment() -> None:
    asked = question(hints=YES_NO, prompt_ms=9000)
    assert asked.sound(100, partial("si")) == Step()
    assert asked.sound(100) == Step()
    assert asked.sound(100) == Step(clear=True)
    assert asked.sound(100, final("sim")) == Step(event=Speech(text="sim", confidence=0.9))


def test_words_that_vanish_at_once_cut_nothing() -> None:
    asked = question(hints=YES_NO, prompt_ms=9000)
    asked.sound(100, partial("si"))
    asked.sound(100, partial(""))
    assert silence(asked, 5000) == []


def test_foreign_sound_over_a_prompt_is_forgotten_and_after_it_is_not_understood() -> None:
    asked = question(hints=YES_NO, timeout=6)
    asked.sound(100, final(foreign=2))
    assert silence(asked, 3000) == []
    asked.mark("4-ask")
    asked.sound(100, final(foreign=1))
    assert silence(asked, listening.PAUSE_MS) == [Step(event=Speech(text="", confidence=0.0))]


def test_a_number_said_in_pieces_is_one_answer() -> None:
    asked = after_prompt(digits=11)
    for piece in ("cinco dois nove", "nove oito dois"):
        assert asked.sound(100, final(piece)) == Step()
        assert silence(asked, listening.PAUSE_MS - 100) == []
    said = Speech(text="cinco dois nove nove oito dois dois quatro sete dois cinco", confidence=0.9)
    assert asked.sound(100, final("dois quatro sete dois cinco")) == Step(event=said)


def test_half_a_number_is_an_answer_after_a_pause() -> None:
    asked = after_prompt(digits=11)
    asked.sound(100, final("cinco dois"))
    said = Speech(text="cinco dois", confidence=0.9)
    assert silence(asked, listening.PAUSE_MS) == [Step(event=said)]


def test_words_without_an_end_are_ended_by_our_own_timer() -> None:
    asked = after_prompt(digits=11)
    asked.sound(100, partial("cinco"))
    assert silence(asked, listening.STUCK_MS) == [Step(finish=True)]
    assert ended(asked, final("cinco")) == Speech(text="cinco", confidence=0.9)


def test_noise_that_was_no_word_after_all_is_listened_past() -> None:
    asked = after_prompt(timeout=6)
    asked.sound(100, partial("é"))
    assert silence(asked, listening.STUCK_MS) == [Step(finish=True)]
    assert ended(asked) is None
    assert asked.listens
    said = Speech(text="atendente", confidence=0.9)
    assert asked.sound(100, final("atendente")) == Step(event=said)


def test_music_that_sounds_like_words_for_ever_ends_after_a_minute() -> None:
    asked = after_prompt(digits=11)
    ms = 0
    while True:
        ms += 100
        step = asked.sound(100, partial(f"dois {ms}"))
        if step.finish:
            break
        assert step == Step() and ms < 70_000
    assert ms == listening.MOST_MS + 100
    assert ended(asked) == NoInput()


EVENTS = st.lists(
    st.one_of(
        st.sampled_from("0123456789*#").map(lambda key: ("key", key)),
        st.sampled_from(["4-ask", "4-says", "3-ask", "ouvi:x"]).map(lambda name: ("mark", name)),
        st.tuples(
            st.just("sound"),
            st.sampled_from(
                [None, partial(""), partial("um"), final("um dois"), final("sim"), final(foreign=1)]
            ),
        ),
    ),
    max_size=200,
)


@given(
    EVENTS,
    st.sampled_from(["", "#", "*"]),
    st.integers(0, 12),
    st.sampled_from([(), YES_NO]),
    st.sampled_from([0, 500]),
)
def test_whatever_comes_a_question_ends_once_and_by_itself(
    events: list[tuple[str, Any]],
    finish: str,
    digits: int,
    hints: tuple[str, ...],
    says_ms: int,
) -> None:
    """A prompt is cleared at most once; silence ends every question within the longest time."""
    asked = question(says_ms=says_ms, finish=finish, digits=digits, hints=hints, timeout=4)
    clears = 0
    for kind, value in events:
        step = getattr(asked, kind)(*((100, value) if kind == "sound" else (value,)))
        clears += step.clear
        event = ended(asked) if step.finish else step.event
        assert clears <= 1
        if event is not None:
            _fits(event, digits, finish)
            return
    for _ in range(0, listening.MOST_MS + 20_000, 100):
        step = asked.sound(100)
        event = ended(asked) if step.finish else step.event
        if event is not None:
            _fits(event, digits, finish)
            return
    raise AssertionError("a question without an end")


def _fits(event: Input, digits: int, finish: str) -> None:
    if isinstance(event, Digits):
        assert event.value and len(event.value) <= (digits or MOST_KEYS)
        assert not finish or finish not in event.value
        assert event.ended_by in ("", finish)


@given(st.text("0123456789*#", max_size=60), st.sampled_from(["", "#", "*"]), st.integers(0, 40))
def test_keys_become_digits_without_the_finishing_key(keys: str, finish: str, digits: int) -> None:
    collector = KeyCollector(digits=digits, finish=finish)
    event = next((e for key in keys if (e := collector.press(key)) is not None), None)
    before = keys.split(finish, 1)[0] if finish else keys
    most = min(digits or MOST_KEYS, MOST_KEYS)
    if len(before) >= most:
        assert event == Digits(value=before[:most])
    elif finish and finish in keys:
        assert event == (Digits(value=before, ended_by=finish) if before else NoInput())
    else:
        assert event is None
        assert collector.timed_out() == (Digits(value=before) if before else NoInput())


@pytest.mark.parametrize(
    ("text", "changes", "whole"),
    [
        ("sim", {"hints": YES_NO}, True),
        ("não", {"hints": YES_NO}, True),
        ("dois", {"hints": YES_NO}, False),
        ("atendente", {"hints": YES_NO}, True),
        ("quero redefinir senha", {"hints": ("redefinir senha",), "digits": 1}, True),
        ("quero", {"hints": ("redefinir senha",), "digits": 1}, False),
        ("dois", {"hints": ("redefinir senha",), "digits": 1}, True),
        ("um dois três", {"digits": 4}, False),
        ("um dois três quatro", {"digits": 4}, True),
        ("cento e vinte e três quatro", {"digits": 4}, True),
        ("um dois três quatro", {"digits": 0}, False),
        ("repetir", {"digits": 11}, True),
        ("", {"digits": 1}, False),
    ],
)
def test_an_answer_is_whole_when_nobody_need_wait_for_more(
    text: str, changes: dict[str, Any], whole: bool
) -> None:
    assert is_whole(text, Gather(speech=(), mode="both", **changes)) is whole


@given(st.lists(st.integers(1, 8000), max_size=400), st.floats(1, 10))
def test_sound_at_the_pace_of_the_line_is_never_too_much(sizes: list[int], speed: float) -> None:
    now, at = Pace(speed=speed, began=100.0), 100.0
    for size in sizes:
        at += size / 8000 / speed
        if now.ms + size / 8 > pace.LONGEST_MS:
            return
        now.sound(size, at)


def test_sound_beyond_the_burst_and_beyond_the_longest_stream_is_too_much() -> None:
    fast = Pace(speed=2, began=0)
    fast.sound(8 * pace.BURST_MS, 0)
    with pytest.raises(TooMuchError, match="faster"):
        fast.sound(80, 0)
    many = Pace(speed=1, began=0)
    for _ in range(pace.MESSAGES_BURST + 2 * pace.MESSAGES_A_S):
        many.message(2)
    with pytest.raises(TooMuchError, match="messages"):
        many.message(2)
    long = Pace(speed=2, began=0)
    long.sound(8 * pace.LONGEST_MS, 1e6)
    with pytest.raises(TooMuchError, match="longest"):
        long.sound(80, 1e6)
