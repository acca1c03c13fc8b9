"""When Gather starts to count, what ends it, and what it asks for."""

from __future__ import annotations

import asyncio

import pytest
from scripted_service import Phone, ScriptedService

from ivr.carrier.call import Call
from ivr.carrier.events import GatherEnded, GatherStarted, PlayFinished
from ivr.carrier.faults import Faults

AFTER = '<Redirect method="POST">/nothing</Redirect>'


@pytest.fixture
def asking(service: ScriptedService) -> ScriptedService:
    service.sound("/p.wav", 4.0).on("/turn", "<Hangup/>").on("/nothing", "<Hangup/>")
    return service


def gather(attributes: str = "", inside: str = "") -> str:
    return f'<Gather action="/turn" {attributes}>{inside}</Gather>{AFTER}'


class Keys:
    """Presses keys at times counted from the beginning of the first Gather."""

    def __init__(self, *strokes: tuple[float, str]) -> None:
        self.strokes = strokes

    async def __call__(self, call: Call) -> None:
        await call.handset.listen().until(GatherStarted)
        now = 0.0
        for at, keys in self.strokes:
            await asyncio.sleep(at - now)
            now = at
            call.handset.press(keys)


def lasted(call: Call) -> float:
    start, end = (
        next(event.at for event in call.line.events if isinstance(event, kind))
        for kind in (GatherStarted, GatherEnded)
    )
    return (end - start).total_seconds()


def reason(call: Call) -> str:
    return next(event.reason for event in call.line.events if isinstance(event, GatherEnded))


PROMPT = "<Play>/p.wav</Play>"


@pytest.mark.parametrize(
    ("attributes", "inside", "strokes", "ended", "seconds", "digits", "finished_on"),
    [
        # numDigits ends it at once.
        ('numDigits="3"', "", [(1, "1"), (2, "2"), (3, "3")], "digits", 3, "123", ""),
        ('numDigits="1"', PROMPT, [(2, "7")], "digits", 2, "7", ""),
        # Each key restarts the time; the first one stops the prompt.
        ("", PROMPT, [(1, "1"), (5, "2")], "timeout", 10, "12", ""),
        ('timeout="2"', "", [(1, "1"), (2.5, "2")], "timeout", 4.5, "12", ""),
        # The finish key is not data.
        ("", "", [(1, "12#")], "finish-key", 1, "12", "#"),
        ('finishOnKey="*"', "", [(1, "1#2*")], "finish-key", 1, "1#2", "*"),
        # Without one every key is data.
        ('finishOnKey="" timeout="3"', "", [(1, "1#*")], "timeout", 4, "1#*", ""),
        ('finishOnKey="" numDigits="2"', "", [(1, "##")], "digits", 1, "##", ""),
    ],
)
def test_keys(
    asking: ScriptedService,
    phone: Phone,
    attributes: str,
    inside: str,
    strokes: list[tuple[float, str]],
    ended: str,
    seconds: float,
    digits: str,
    finished_on: str,
) -> None:
    asking.on("/voice", gather(attributes, inside))
    call = phone.call(Keys(*strokes))
    (fields,) = asking.at("/turn")
    assert (fields["Digits"], fields["FinishedOnKey"]) == (digits, finished_on)
    assert (fields["msg"], fields["CallStatus"]) == ("Gather End", "in-progress")
    assert reason(call) == ended
    assert lasted(call) == pytest.approx(seconds)
    assert asking.at("/nothing") == []


@pytest.mark.parametrize(
    ("attributes", "inside", "strokes", "seconds"),
    [
        # The time runs from the end of what is played.
        ("", "", [], 5),
        ("", PROMPT, [], 9),
        ('timeout="2"', PROMPT + '<Pause length="3"/>', [], 9),
        # The finish key as the first key is no input.
        ("", PROMPT, [(1, "#12")], 1),
        # Keys are nothing where only speech is asked for, and stop nothing.
        ('input="speech"', PROMPT, [(1, "123")], 9),
    ],
)
def test_no_input_goes_on_to_the_next_verb(
    asking: ScriptedService,
    phone: Phone,
    attributes: str,
    inside: str,
    strokes: list[tuple[float, str]],
    seconds: float,
) -> None:
    asking.on("/voice", gather(attributes, inside))
    call = phone.call(Keys(*strokes))
    assert asking.at("/turn") == []
    assert len(asking.at("/nothing")) == 1
    assert "Digits" not in asking.at("/nothing")[0]
    assert reason(call) == "no-input"
    assert lasted(call) == pytest.approx(seconds)


@pytest.mark.parametrize(("with_field", "digits"), [(True, ""), (False, None)])
def test_an_empty_result_asks_for_the_action_when_wanted(
    asking: ScriptedService, phone: Phone, with_field: bool, digits: str | None
) -> None:
    asking.on("/voice", gather('actionOnEmptyResult="true"'))
    phone.call(faults=Faults(empty_gather_has_digits_field=with_field))
    (fields,) = asking.at("/turn")
    assert fields.get("Digits") == digits
    assert asking.at("/nothing") == []


def test_a_key_stops_the_prompt_at_once(asking: ScriptedService, phone: Phone) -> None:
    asking.on("/voice", gather('numDigits="2"', PROMPT + PROMPT))
    call = phone.call(Keys((1.5, "4"), (2, "2")))
    played = [event for event in call.line.events if isinstance(event, PlayFinished)]
    assert [event.stopped for event in played] == [True]


def test_without_barge_in_the_prompt_is_heard_to_its_end(
    asking: ScriptedService, phone: Phone
) -> None:
    asking.on("/voice", gather('numDigits="2" bargeIn="false"', PROMPT))
    call = phone.call(Keys((1, "42")))
    assert asking.at("/turn")[0]["Digits"] == "42"
    assert lasted(call) == pytest.approx(4)


def test_all_sounds_are_fetched_before_the_first_is_played(
    asking: ScriptedService, phone: Phone
) -> None:
    asking.sound("/q.wav", 1.0).on("/voice", gather("", PROMPT + "<Play>/q.wav</Play>"))
    call = phone.call()
    fetched = [path for path in asking.paths if path != "/status"]
    assert fetched == ["/voice", "/p.wav", "/q.wav", "/nothing"]
    played = next(event.at for event in call.line.events if isinstance(event, PlayFinished))
    assert all(seen.at < played for seen in asking.seen if seen.path.endswith(".wav"))
    assert lasted(call) == pytest.approx(10)


@pytest.mark.parametrize(("type_ahead", "digits"), [(True, "12"), (False, "34")])
def test_keys_pressed_between_gathers_are_kept_or_dropped(
    asking: ScriptedService, phone: Phone, type_ahead: bool, digits: str
) -> None:
    asking.on("/voice", '<Pause length="3"/>' + gather('numDigits="2"'))

    async def early(call: Call) -> None:
        await asyncio.sleep(1)
        call.handset.press("12")
        await Keys((1, "34"))(call)

    call = phone.call(early, faults=Faults(type_ahead=type_ahead))
    assert asking.at("/turn")[0]["Digits"] == digits
    assert lasted(call) == pytest.approx(0 if type_ahead else 1)


def test_keys_beyond_numdigits_wait_for_the_next_gather(
    asking: ScriptedService, phone: Phone
) -> None:
    asking.on("/voice", gather('numDigits="2"')).on("/turn", gather('numDigits="3"'), "<Hangup/>")
    phone.call(Keys((1, "12345")))
    assert [fields["Digits"] for fields in asking.at("/turn")] == ["12", "345"]


def test_at_most_thirty_keys_are_kept(asking: ScriptedService, phone: Phone) -> None:
    asking.on("/voice", '<Pause length="3"/>' + gather('numDigits="40"'))

    async def early(call: Call) -> None:
        await asyncio.sleep(1)
        call.handset.press("1" * 35)

    phone.call(early)
    assert asking.at("/turn")[0]["Digits"] == "1" * 30


def test_a_caller_who_hangs_up_is_asked_for_nothing_more(
    asking: ScriptedService, phone: Phone
) -> None:
    asking.on("/voice", gather())

    async def leave(call: Call) -> None:
        await Keys((1, "12"))(call)
        await asyncio.sleep(1)
        call.handset.hang_up()

    call = phone.call(leave)
    assert asking.at("/turn") == []
    assert reason(call) == "stopped"
    assert call.status == "completed"


def test_without_an_action_this_document_is_asked_again(
    asking: ScriptedService, phone: Phone
) -> None:
    asking.on("/voice", '<Gather numDigits="1"/>', "<Hangup/>")
    phone.call(Keys((1, "5")))
    assert [fields.get("Digits") for fields in asking.at("/voice")] == [None, "5"]


class TestSpeech:
    @pytest.mark.parametrize("language", [True, False])
    def test_words_come_with_their_confidence(
        self, asking: ScriptedService, phone: Phone, language: bool
    ) -> None:
        asking.on("/voice", gather('input="speech" language="pt-BR" speechTimeout="2"', PROMPT))

        async def speak(call: Call) -> None:
            await call.handset.listen().until(GatherStarted)
            await asyncio.sleep(1)
            call.handset.speak("esqueci a senha", 0.83, seconds=3)

        call = phone.call(speak, faults=Faults(speech_has_language_field=language))
        (fields,) = asking.at("/turn")
        assert (fields["SpeechResult"], fields["Confidence"]) == ("esqueci a senha", "0.83")
        assert fields.get("Language") == ("pt-BR" if language else None)
        assert "Digits" not in fields
        assert lasted(call) == pytest.approx(1 + 3 + 2)
        assert reason(call) == "speech"

    def test_speech_after_a_pause_shorter_than_the_timeout_is_one_result(
        self, asking: ScriptedService, phone: Phone
    ) -> None:
        asking.on("/voice", gather('input="dtmf speech" speechTimeout="2"'))

        async def speak(call: Call) -> None:
            await call.handset.listen().until(GatherStarted)
            call.handset.speak("meu número é", 0.9, seconds=1)
            await asyncio.sleep(2)
            call.handset.press("#")  # Once speech has begun keys are nothing.
            call.handset.speak("quarenta e dois", 0.7, seconds=1)

        call = phone.call(speak)
        (fields,) = asking.at("/turn")
        assert fields["SpeechResult"] == "meu número é quarenta e dois"
        assert fields["Confidence"] == "0.7"
        assert lasted(call) == pytest.approx(5)

    def test_the_first_kind_heard_wins(self, asking: ScriptedService, phone: Phone) -> None:
        asking.on("/voice", gather('input="dtmf speech" numDigits="2"'))

        async def both(call: Call) -> None:
            await Keys((1, "1"))(call)
            call.handset.speak("dois")
            await asyncio.sleep(1)
            call.handset.press("2")

        phone.call(both)
        (fields,) = asking.at("/turn")
        assert fields["Digits"] == "12" and "SpeechResult" not in fields

    def test_words_said_while_nothing_listens_are_lost(
        self, asking: ScriptedService, phone: Phone
    ) -> None:
        asking.on("/voice", '<Pause length="3"/>' + gather('input="speech"'))

        async def early(call: Call) -> None:
            await asyncio.sleep(1)
            call.handset.speak("alô")

        phone.call(early)
        assert asking.at("/turn") == []

    def test_nobody_speaks_for_more_than_a_minute(
        self, asking: ScriptedService, phone: Phone
    ) -> None:
        asking.on("/voice", gather('input="speech" speechTimeout="5"'))

        async def speak(call: Call) -> None:
            await call.handset.listen().until(GatherStarted)
            call.handset.speak("bla", seconds=300)

        assert lasted(phone.call(speak)) == pytest.approx(60)

    def test_partial_results_are_sent_beside_the_call(
        self, asking: ScriptedService, phone: Phone
    ) -> None:
        asking.on("/partial", "").on(
            "/voice", gather('input="speech" partialResultCallback="/partial"')
        )

        async def speak(call: Call) -> None:
            await call.handset.listen().until(GatherStarted)
            call.handset.speak("senha")

        phone.call(speak)
        (fields,) = asking.at("/partial")
        assert (fields["UnstableSpeechResult"], fields["SequenceNumber"]) == ("senha", "0")


def test_no_event_holds_what_was_pressed_or_said(asking: ScriptedService, phone: Phone) -> None:
    asking.on("/voice", gather('numDigits="6" method="GET"'))
    call = phone.call(Keys((1, "918273")))
    assert asking.at("/turn")[0]["Digits"] == "918273"
    assert "918273" not in repr(call.line.events)
