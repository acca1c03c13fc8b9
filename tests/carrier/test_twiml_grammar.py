"""The grammar must accept what the ``twilio`` package makes, and refuse what it cannot."""

from __future__ import annotations

import pytest
from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse
from twiml_grammar import check_twiml


def test_a_document_of_the_package_passes() -> None:
    response = VoiceResponse()
    gather = Gather(action="/voice/turn?turn=2", num_digits=1, finish_on_key="", timeout=6)
    gather.play("/prompts/a.wav")
    say = gather.say(voice="Polly.Camila", language="pt-BR")
    say.say_as("123", interpret_as="digits")
    response.append(gather)
    response.redirect("/voice/turn?turn=2")
    response.enqueue("atendimento", wait_url="/voice/wait", action="/voice/turn?turn=3")
    dial = Dial(action="/x", answer_on_bridge=True)
    dial.queue("atendimento", url="/whisper")
    client = dial.client()
    client.identity("ana")
    client.parameter(name="a", value="b")
    response.append(dial)
    connect = Connect()
    connect.stream(url="wss://ura.test/voice/media")
    response.append(connect)
    response.record(action="/r", max_length=60, play_beep=True)
    assert check_twiml(str(response)) == []


SAY = '<Say language="pt-BR">a</Say>'


@pytest.mark.parametrize(
    "inside",
    [
        "<say/>",
        "<Say>sem idioma</Say>",
        '<Say language="pt-BR"/>',
        '<Say language="pt-BR" speed="2">a</Say>',
        '<Say language="pt-BR">a<blink>b</blink></Say>',
        f'<Say language="pt-BR">{"a" * 4097}</Say>',
        f'<Say language="pt-BR" voice="Polly.Camila">{"a" * 3001}</Say>',
        "<Play/>",
        "<Play>/com espaço.wav</Play>",
        '<Play digits="x"/>',
        "<Gather><Record/></Gather>",
        "<Gather>texto</Gather>",
        '<Gather numDigits="0"/>',
        '<Gather numdigits="1"/>',
        '<Gather finishOnKey="##"/>',
        '<Gather input="fax"/>',
        '<Gather method="PUT"/>',
        '<Gather action="ftp://x/"/>',
        '<Gather actionOnEmptyResult="True"/>',
        '<Gather speechTimeout="soon"/>',
        '<Pause length="0"/>',
        '<Record maxLength="1"/>',
        '<Reject reason="late"/>',
        "<Enqueue/>",
        f"<Enqueue>{'q' * 65}</Enqueue>",
        '<Dial timeout="0">+5567</Dial>',
        "<Dial><Number>3318</Number></Dial>",
        f"<Dial>{SAY}</Dial>",
        "<Redirect><Say/></Redirect>",
        "<Hangup now='1'/>",
        '<Connect><Stream url="https://x/"/></Connect>',
        "<Number>+5567333100000</Number>",
        "solto",
    ],
)
def test_what_the_package_cannot_make_is_found(inside: str) -> None:
    assert check_twiml(f"<Response>{SAY}</Response>") == []
    assert check_twiml(f"<Response>{inside}</Response>") != []


@pytest.mark.parametrize("text", ["", "x", "<Response>", "<response/>", "<Say>a</Say>"])
def test_what_is_no_document_is_found(text: str) -> None:
    assert len(check_twiml(text)) == 1
