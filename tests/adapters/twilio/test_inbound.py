"""Fields into events, by what was asked."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.twilio.catalogue import OPTIONAL, PATTERNS
from ivr.adapters.twilio.fields import Inbound
from ivr.adapters.twilio.inbound import Expects, expects_of, to_event
from ivr.flow.events import (
    DialEnded,
    Digits,
    Event,
    LeftQueue,
    NoInput,
    Recorded,
    Speech,
    StillWorking,
)
from ivr.flow.verbs import Dial, EndingVerb, Enqueue, Filler, Gather, Hangup, Record, SpeakSecret

ACCOUNT = "AC" + "0" * 32
RECORDING = "RE" + "c" * 32
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}"


def inbound(**fields: str) -> Inbound:
    return Inbound(account_sid=ACCOUNT, call_sid="CA" + "a" * 32, fields=fields)


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"Digits": "12", "FinishedOnKey": "#"}, Digits(value="12", ended_by="#")),
        ({"Digits": "12", "FinishedOnKey": ""}, Digits(value="12")),
        ({"Digits": "12"}, Digits(value="12")),
        ({"Digits": "12", "FinishedOnKey": "timeout"}, Digits(value="12")),
        ({"Digits": "", "FinishedOnKey": "#"}, Digits(value="", ended_by="#")),
        ({"FinishedOnKey": "#"}, Digits(value="", ended_by="#")),
        ({"Digits": "", "FinishedOnKey": ""}, NoInput()),
        ({}, NoInput()),
        ({"SpeechResult": " sim ", "Confidence": "0.9"}, Speech(text="sim", confidence=0.9)),
        ({"SpeechResult": "sim", "Confidence": "9.1e-05"}, Speech(text="sim", confidence=9.1e-05)),
        ({"SpeechResult": "sim"}, Speech(text="sim")),
        ({"SpeechResult": "sim", "Confidence": ""}, Speech(text="sim")),
        ({"SpeechResult": "sim", "Confidence": "7"}, Speech(text="sim")),
        ({"SpeechResult": "sim", "FinishedOnKey": "", "Digits": ""}, Speech(text="sim")),
        ({"SpeechResult": "sim", "FinishedOnKey": "#"}, Speech(text="sim")),
        ({"SpeechResult": "", "Confidence": "0.0"}, NoInput()),
        ({"SpeechResult": "sim", "Digits": "1"}, Digits(value="1")),
    ],
)
def test_what_a_gather_heard(fields: dict[str, str], event: Event) -> None:
    heard = to_event(inbound(**fields), expects="gather")
    assert (heard.event, heard.warning) == (event, "")


def test_speech_is_dropped_where_a_secret_was_asked_for() -> None:
    heard = to_event(inbound(SpeechResult="um dois três", Confidence="0.9"), expects="secret")
    assert (heard.event, heard.warning) == (NoInput(), "unexpected_fields")
    assert to_event(inbound(Digits="123456"), expects="secret").event == Digits(value="123456")
    assert to_event(inbound(), expects="secret").event == NoInput()


@pytest.mark.parametrize(
    ("fields", "event", "warning"),
    [
        (
            {
                "RecordingUrl": URL,
                "RecordingSid": RECORDING,
                "RecordingDuration": "17",
                "Digits": "#",
            },
            Recorded(recording=RECORDING, seconds=17, key="#"),
            "",
        ),
        (
            {"RecordingUrl": URL + ".wav", "RecordingDuration": "3", "Digits": "hangup"},
            Recorded(recording=RECORDING, seconds=3),
            "",
        ),
        (
            {"RecordingSid": RECORDING, "RecordingDuration": "9", "Digits": "0"},
            Recorded(recording=RECORDING, seconds=9, key="0"),
            "",
        ),
        (
            {"RecordingUrl": "", "RecordingDuration": "0"},
            Recorded(recording="", seconds=0),
            "no_recording",
        ),
        (
            {"RecordingSid": RECORDING, "RecordingDuration": "-1"},
            Recorded(recording=RECORDING, seconds=0),
            "",
        ),
        ({}, NoInput(), ""),
        ({"SpeechResult": "sim"}, NoInput(), "unexpected_fields"),
    ],
)
def test_what_a_recording_gave(fields: dict[str, str], event: Event, warning: str) -> None:
    heard = to_event(inbound(**fields), expects="record")
    assert (heard.event, heard.warning) == (event, warning)


@pytest.mark.parametrize(
    ("word", "result", "warning"),
    [
        ("bridged", "bridged", ""),
        ("bridging-in-process", "bridged", ""),
        ("leave", "leave", ""),
        ("hangup", "hangup", ""),
        ("error", "error", ""),
        ("queue-full", "queue-full", ""),
        ("redirected", "redirected", ""),
        ("redirected-from-bridged", "bridged", ""),
        ("system-error", "system-error", ""),
        ("something-new", "error", "queue_result"),
    ],
)
def test_every_way_out_of_the_queue(word: str, result: str, warning: str) -> None:
    heard = to_event(inbound(QueueResult=word, QueueTime="95"), expects="queue", wish="callback")
    assert isinstance(heard.event, LeftQueue)
    assert (heard.event.result, heard.warning) == (result, warning)
    assert (heard.event.seconds, heard.event.wish) == (95, "callback")


@pytest.mark.parametrize(
    ("word", "status", "warning"),
    [
        ("completed", "completed", ""),
        ("answered", "answered", ""),
        ("busy", "busy", ""),
        ("no-answer", "no-answer", ""),
        ("failed", "failed", ""),
        ("canceled", "canceled", ""),
        ("something-new", "failed", "dial_status"),
    ],
)
def test_every_end_of_a_dial(word: str, status: str, warning: str) -> None:
    heard = to_event(inbound(DialCallStatus=word), expects="dial")
    assert heard.event == DialEnded(status=status, seconds=0)  # type: ignore[arg-type]
    assert heard.warning == warning
    timed = to_event(inbound(DialCallStatus=word, DialCallDuration="40"), expects="dial").event
    assert isinstance(timed, DialEnded) and timed.seconds == 40


def test_the_end_of_a_room_comes_to_the_turn_of_the_queue() -> None:
    heard = to_event(inbound(DialCallStatus="answered", DialBridged="true"), expects="queue")
    assert heard.event == DialEnded(status="answered", seconds=0)


def test_a_plain_redirect_is_read_by_what_was_asked() -> None:
    told = {expects: to_event(inbound(), expects=expects) for expects in get_args(Expects)}
    assert told["filler"].event == StillWorking()
    assert told["queue"].event == LeftQueue(result="requeue")
    assert {h.event for e, h in told.items() if e not in ("filler", "queue")} == {NoInput()}
    assert told["dial"].warning == "no_dial_status"


def test_key_0_during_filler_speech_asks_for_a_person() -> None:
    assert to_event(inbound(Digits="0"), expects="filler").event == Digits(value="0")


def test_keys_during_filler_speech_do_not_disturb_the_job() -> None:
    assert to_event(inbound(Digits="1"), expects="filler").event == StillWorking()


@pytest.mark.parametrize(
    ("verb", "expects"),
    [
        (Gather(speech=()), "gather"),
        (Gather(speech=(), secret=True), "secret"),
        (Record(speech=()), "record"),
        (SpeakSecret(speech=(), job="1"), "secret"),
        (Filler(speech=()), "filler"),
        (Enqueue(speech=(), queue="q", max_wait=60), "queue"),
        (Dial(speech=()), "dial"),
        (Hangup(speech=()), "gather"),
    ],
)
def test_the_ending_verb_tells_what_to_expect(verb: EndingVerb, expects: Expects) -> None:
    assert expects_of(verb) == expects


accepted = st.fixed_dictionaries(
    {},
    optional={
        name: st.from_regex(PATTERNS[name], fullmatch=True)
        for name in sorted(OPTIONAL["turn"] - {"SpeechResult"})
    }
    | {"SpeechResult": st.text(max_size=40)},
)


@given(accepted, st.sampled_from(get_args(Expects)), st.text(max_size=5))
def test_nothing_that_the_fields_accept_raises(
    fields: dict[str, str], expects: Expects, wish: str
) -> None:
    heard = to_event(inbound(**fields), expects=expects, wish=wish)
    assert isinstance(heard.event, get_args(Event))
    assert heard.warning == "" or heard.warning.isidentifier()
    if expects != "filler":
        assert not isinstance(heard.event, StillWorking)
