"""A saved call is a script, and nothing of the person stands in it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.carrier.events import GatherEnded, HungUp, PlayStarted, RecordStarted
from ivr.carrier.script import Script, parse_script
from ivr.carrier.terminal_save import Recorder

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANA = {
    "key": "ana",
    "name": "Ana Demonstração",
    "cpf": "12345678909",
    "matricula": "100013",
    "pin": "80264917",
    "mobile": "+5567999990001",
    "password": "Inicial-Ana-4729",
}
CODE = "530917"


class Call:
    """A call with a recorder, a clock that is set by hand, and Ana at the phone."""

    def __init__(self, person: dict[str, Any] | None = None) -> None:
        self.seconds = 0.0
        self.recorder = Recorder(
            codes=lambda: [CODE],
            public=frozenset({"67999990098"}),
            now=lambda: self.seconds,
            person=ANA if person is None else person,
        )

    def hears(self, *pieces: str) -> Call:
        for piece in pieces:
            url = f"http://x/prompts/{piece}.wav"
            self.recorder.see(PlayStarted(at=AT, call="C", kind="play", url=url, seconds=1))
        return self

    def press(self, keys: str) -> Call:
        self.recorder.pressed(keys)
        return self

    def heard_out(self) -> Call:
        self.recorder.see(GatherEnded(at=AT, call="C", reason="digits", keys=1))
        return self

    def ends(self, by: str) -> Call:
        self.recorder.see(HungUp(at=AT, call="C", by=by))
        return self

    def text(self, caller: str = "+5567999990001") -> str:
        return self.recorder.toml(caller=caller)

    def script(self, caller: str = "+5567999990001") -> Script:
        return parse_script(tomllib.loads(self.text(caller)), name="saved")


def pressed(keys: str) -> str | None:
    return Call().press(keys).ends("application").script().steps[0].press


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("1", "1"),
        ("1005", "1005"),
        ("12345678909", "{cpf}"),
        ("80264917#", "{pin}#"),
        (CODE, "{sms_code}"),
        ("100013#", "{matricula}#"),
        ("67999990001", "{mobile_keys}"),
        ("67999990098", "67999990098"),
        ("1123456789091" + "80264917#", "1{cpf}1{pin}#"),
        ("80264918#", "{wrong_pin}#"),
        ("12345678900", "{bad_cpf}"),
        ("8026#", "1234#"),
    ],
)
def test_keys_are_written_without_what_is_the_persons(keys: str, wanted: str) -> None:
    assert pressed(keys) == wanted


def test_a_secret_keyed_in_two_goes_is_still_one() -> None:
    call = Call().hears("verify.pin").press("8026").press("4917#").heard_out()
    script = call.hears("main.menu").press("1").ends("application").script()
    assert [step.press for step in script.steps] == ["{pin}#", "1"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("quero uma senha nova", "quero uma senha nova"),
        ("um dois três quatro cinco meia sete oito nove zero nove", "{cpf}"),
        ("meu código é 530 917, certo", "meu código é {sms_code} certo"),
        ("oito zero dois meia quatro nove um sete", "{pin}"),
        ("a senha é Inicial-Ana-4729", "a senha é {password}"),
        ("tenho dois computadores", "tenho dois computadores"),
    ],
)
def test_speech_is_written_without_what_is_the_persons(words: str, wanted: str) -> None:
    call = Call().hears("main.menu")
    call.recorder.spoke(words, 0.7, 2)
    (step,) = call.ends("application").script().steps
    assert (step.say, step.confidence) == (wanted, 0.7)


def test_a_whole_call_is_saved_as_it_went() -> None:
    call = Call().hears("greeting.welcome", "main.menu~0", "v.digit.1", "main.menu~1")
    call.seconds = 50
    call.press("1").heard_out().hears("verify.pin")
    call.recorder.silent()
    call.hears("ticket.message")
    call.recorder.see(RecordStarted(at=AT, call="C"))
    call.recorder.spoke("recado", 0.9, 4.04)
    script = call.hears("bye.thanks").ends("application").script()
    assert script.person == "ana" and script.caller == ""
    assert [step.hears for step in script.steps] == [
        ("greeting.welcome", "main.menu"),
        ("verify.pin",),
        ("ticket.message",),
    ]
    assert (script.steps[0].within, script.steps[1].within) == (100, 60)
    assert script.steps[1].silence and script.steps[2].record == 4
    assert (script.ends.by, script.ends.hears) == ("system", ("bye.thanks",))


def test_a_call_that_goes_on_ends_with_the_receiver_down() -> None:
    script = Call().hears("main.menu").press("1").heard_out().hears("verify.pin").script()
    assert (script.steps[-1].hears, script.steps[-1].hang_up) == (("verify.pin",), True)
    assert script.ends.by == "caller"


def test_who_called_is_kept_when_it_is_not_the_persons_phone() -> None:
    assert Call().press("1").script("withheld").caller == "withheld"
    stranger = Call(person={}).press("1").script("+5567999990098")
    assert (stranger.person, stranger.caller) == ("", "+5567999990098")


@given(
    st.lists(
        st.one_of(
            st.sampled_from([str(ANA["pin"]), str(ANA["cpf"]), CODE]),
            st.text("0123456789*#", min_size=1, max_size=14),
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_no_secret_stands_in_what_is_saved(presses: list[str], one_by_one: bool) -> None:
    call = Call()
    for keys in presses:
        for key in keys if one_by_one else [keys]:
            call.press(key)
        call.heard_out().hears("main.menu")
    text = call.text()
    parse_script(tomllib.loads(text), name="saved")
    digits = text.replace(str(ANA["mobile"]), "")
    assert not any(str(ANA[name]) in digits for name in ("pin", "cpf"))
    assert CODE not in digits


@example("{")
@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_any_words_make_a_file_that_can_be_read(words: str) -> None:
    call = Call()
    call.recorder.spoke(words.strip(), 0.9, 1)
    assert len(call.ends("application").script().steps) == 1
