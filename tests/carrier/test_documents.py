"""What is made of a webhook's answer, and of failing ones."""

from __future__ import annotations

import pytest
from scripted_service import Phone, Reply, ScriptedService

from ivr.carrier.events import LineEvent, PlayStarted, Warned
from ivr.carrier.execute.session import APOLOGY

HELLO = '<?xml version="1.0"?><Response><Say language="pt-BR">Olá.</Say></Response>'


def said(events: list[LineEvent]) -> list[str]:
    return [event.text or event.url for event in events if isinstance(event, PlayStarted)]


def codes(events: list[LineEvent]) -> list[int]:
    return [event.code for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=utf-8", "text/html"])
def test_xml_types_are_twiml(service: ScriptedService, phone: Phone, kind: str) -> None:
    service.on("/voice", Reply(HELLO, kind=kind))
    assert said(phone.call().line.events) == ["Olá."]


def test_plain_text_that_is_twiml_is_executed(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", Reply(HELLO, kind="text/plain"))
    assert said(phone.call().line.events) == ["Olá."]


def test_other_plain_text_is_read_aloud(service: ScriptedService, phone: Phone) -> None:
    service.on("/voice", Reply("Bom dia,\n  cidadão.", kind="text/plain"))
    assert said(phone.call().line.events) == ["Bom dia, cidadão."]


def test_a_sound_is_played_and_then_the_call_ends(service: ScriptedService, phone: Phone) -> None:
    service.sound("/voice", 2.0)
    call = phone.call()
    assert said(call.line.events) == ["http://ivr.test/voice"]
    assert call.status == "completed"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(HELLO, kind="application/json"), 12300),
        (Reply(HELLO, kind=""), 12300),
        (Reply("\n" + HELLO), 12100),
        (Reply("<Response>"), 12100),
        (Reply("<response/>"), 12102),
        (Reply(""), 11770),
        (Reply(HELLO, status="500 Oh"), 11200),
        (Reply(HELLO, status="404 No"), 11200),
        (Reply("<!DOCTYPE x><Response/>"), 12100),
    ],
)
def test_an_error_goes_to_the_fallback_with_its_code(
    service: ScriptedService, phone: Phone, reply: Reply, code: int
) -> None:
    service.on("/voice", reply)
    call = phone.call()
    (fields,) = service.at("/fallback")
    assert fields["ErrorCode"] == str(code)
    assert fields["ErrorUrl"] == "http://ivr.test/voice"
    assert fields["CallSid"] == call.sid
    assert said(call.line.events) == ["Desculpe."]
    assert codes(call.line.events) == [code]
    assert phone.exchange.errors[0].problem.code == code


def test_without_a_working_fallback_the_caller_hears_an_apology(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", Reply("no", status="500 Oh")).on("/fallback", Reply("x", status="500 Oh"))
    call = phone.call()
    assert said(call.line.events) == [APOLOGY]
    assert call.status == "completed"
    assert service.paths.count("/fallback") == 1


def test_after_the_fallback_the_next_error_goes_there_again(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", Reply("no", status="500 Oh"))
    service.on("/fallback", "<Redirect>/voice</Redirect>", '<Say language="pt-BR">Fim.</Say>')
    assert said(phone.call().line.events) == ["Fim."]
    assert service.paths[:4] == ["/voice", "/fallback", "/voice", "/fallback"]


def test_a_warning_does_not_stop_the_call(service: ScriptedService, phone: Phone) -> None:
    service.strict = False
    service.on(
        "/voice", '<Fax/><Say language="pt-BR" tone="high">Olá.</Say><say>nada</say><!-- nada -->'
    )
    call = phone.call()
    assert said(call.line.events) == ["Olá."]
    assert codes(call.line.events) == [12200, 12200, 12200]
    assert "/fallback" not in service.paths


def test_a_document_that_answers_with_more_than_64_kilobytes_fails(
    service: ScriptedService, phone: Phone
) -> None:
    service.on("/voice", Reply(HELLO + " " * 65_536))
    phone.call()
    assert service.at("/fallback")[0]["ErrorCode"] == "11750"
