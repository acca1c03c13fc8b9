"""Dial, its nouns, Enqueue and Record: attributes, defaults, warnings."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.carrier.twiml.dial import Dial, Party, StatusCallback
from ivr.carrier.twiml.document import parse
from ivr.carrier.twiml.enqueue import Enqueue
from ivr.carrier.twiml.record import Record, RecordingCallback


def read(inside: str) -> tuple[Any, list[int]]:
    document = parse(f"<Response>{inside}</Response>", url="https://ivr.test/v")
    return (
        document.verbs[0] if document.verbs else None,
        [problem.code for problem in document.problems],
    )


@pytest.mark.parametrize(
    ("attributes", "field", "value", "codes"),
    [
        ("", "action", None, []),
        ("", "timeout", 30, []),
        ("", "time_limit", 14_400, []),
        ("", "hangup_on_star", False, []),
        ("", "answer_on_bridge", False, []),
        ('action="/d"', "action", "https://ivr.test/d", []),
        ('method="X"', "method", "POST", [13210]),
        ('timeout="7"', "timeout", 7, []),
        ('timeout="601"', "timeout", 30, [13212]),
        ('hangupOnStar="true"', "hangup_on_star", True, []),
        ('hangupOnStar="1"', "hangup_on_star", False, [13213]),
        ('timeLimit="x"', "time_limit", 14_400, [13216]),
        ('record="record-from-answer-dual"', "record", "record-from-answer-dual", []),
        ('record="maybe"', "record", "do-not-record", [13217]),
        ('ringTone="br" sequential="true"', "sequential", True, []),
        ('ringtone="br"', "sequential", False, [12200]),
    ],
)
def test_dial_attributes(attributes: str, field: str, value: Any, codes: list[int]) -> None:
    dial, found = read(f"<Dial {attributes}>+5567333100</Dial>")
    assert isinstance(dial, Dial)
    assert getattr(dial, field) == value
    assert found == codes


def test_a_plain_number_is_a_number_noun() -> None:
    dial, _ = read("<Dial> +556733310000 </Dial>")
    assert dial.parties == (Party(to="+556733310000", kind="Number"),)


def test_number_attributes() -> None:
    dial, codes = read(
        '<Dial><Number url="/w" method="GET" sendDigits="1w2" statusCallback="/s"'
        ' statusCallbackEvent="initiated answered" machineDetection="Enable">+5567</Number></Dial>'
    )
    assert codes == []
    assert dial.parties == (
        Party(
            to="+5567",
            kind="Number",
            url="https://ivr.test/w",
            method="GET",
            send_digits="1w2",
            callback=StatusCallback(
                url="https://ivr.test/s", method="POST", events=("initiated", "answered")
            ),
        ),
    )


def test_client_identity_and_parameters() -> None:
    dial, codes = read(
        "<Dial><Client><Identity>ana</Identity>"
        '<Parameter name="chamado" value="7"/></Client><Client>bia</Client></Dial>'
    )
    assert codes == []
    assert [party.to for party in dial.parties] == ["client:ana", "client:bia"]
    assert dial.parties[0].parameters == (("chamado", "7"),)


@pytest.mark.parametrize(
    ("inside", "codes"),
    [
        ("<Fax>1</Fax>", [13215]),
        ("<Number>12a</Number>", [13223]),
        ('<Number sendDigits="x">+5567</Number>', [13222]),
        ("<Conference>a</Conference><Number>+5567</Number>", [13000]),
        ("<Queue/>", [14210]),
    ],
)
def test_dial_nouns_that_are_wrong(inside: str, codes: list[int]) -> None:
    assert read(f"<Dial>{inside}</Dial>")[1] == codes


def test_at_most_ten_phones_ring() -> None:
    dial, _ = read("<Dial>" + "<Number>+5567</Number>" * 12 + "</Dial>")
    assert len(dial.parties) == 10


@pytest.mark.parametrize(
    ("attributes", "field", "value", "codes"),
    [
        ("", "wait_url", None, []),
        ("", "action", None, []),
        ('waitUrl=""', "wait_url", "", []),
        ('waitUrl="/w" waitUrlMethod="GET"', "wait_method", "GET", []),
        ('method="x"', "method", "POST", [14201]),
        ('waitUrlMethod="x"', "wait_method", "POST", [14203]),
        ('maxQueueSize="3"', "max_size", 3, []),
        ('maxQueueSize="9999"', "max_size", 0, [12200]),
    ],
)
def test_enqueue_attributes(attributes: str, field: str, value: Any, codes: list[int]) -> None:
    enqueue, found = read(f"<Enqueue {attributes}>atendimento</Enqueue>")
    assert isinstance(enqueue, Enqueue)
    assert getattr(enqueue, field) == value
    assert found == codes


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Enqueue/>", 14206),
        (f"<Enqueue>{'q' * 65}</Enqueue>", 14206),
        ('<Enqueue workflowSid="WW1"><Task>{}</Task></Enqueue>', 14220),
    ],
)
def test_enqueue_errors(inside: str, code: int) -> None:
    assert read(inside) == (None, [code])


@pytest.mark.parametrize(
    ("attributes", "field", "value", "codes"),
    [
        ("", "action", None, []),
        ("", "timeout", 5, []),
        ("", "finish_on_key", "1234567890*#", []),
        ("", "max_length", 3600, []),
        ("", "beep", True, []),
        ("", "trim", True, []),
        ("", "callback", None, []),
        ('timeout="0"', "timeout", 0, []),
        ('timeout="x"', "timeout", 5, [13611]),
        ('maxLength="1"', "max_length", 3600, [13612]),
        ('finishOnKey="#"', "finish_on_key", "#", []),
        ('finishOnKey="x"', "finish_on_key", "1234567890*#", [13613]),
        ('method="x"', "method", "POST", [13610]),
        ('playBeep="false"', "beep", False, []),
        ('trim="do-not-trim"', "trim", False, []),
        ('transcribe="true"', "beep", True, [13615]),
        ('transcribe="x"', "beep", True, [13614]),
        (
            'recordingStatusCallback="/r" recordingStatusCallbackEvent="in-progress absent"',
            "callback",
            RecordingCallback(
                url="https://ivr.test/r", method="POST", events=("in-progress", "absent")
            ),
            [],
        ),
    ],
)
def test_record_attributes(attributes: str, field: str, value: Any, codes: list[int]) -> None:
    record, found = read(f"<Record {attributes}/>")
    assert isinstance(record, Record)
    assert getattr(record, field) == value
    assert found == codes
