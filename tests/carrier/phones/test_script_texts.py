"""Prompts that the carrier's own voice says are known by their words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_service import DESK, Phone, ScriptedService

from ivr.carrier.exchange import Exchange
from ivr.carrier.script import parse_script
from ivr.carrier.script_run import ScriptResult, run_script
from ivr.carrier.script_texts import Texts
from ivr.carrier.script_words import protocol_in

DIGITS = ("zero", "um", "dois", "três", "quatro", "cinco", "meia", "sete", "oito", "nove")
TEXTS = {
    "main.menu": "Para a senha, tecle 1. Para um chamado, tecle 2.",
    "main.short": "Para a senha, tecle 1.",
    "greeting.protocol~0": "Seu protocolo é",
    "greeting.protocol~1": "Anote.",
    "ticket.ask": "Digite o protocolo.",
    "bye.thanks": "Obrigado.",
    "v.pause": "",
    "v.thousand.2": "dois mil e",
    "v.number.1": "um",
    "v.number.6": "seis",
    "v.number.26": "vinte e seis",
    **{f"v.digit.{n}": word for n, word in enumerate(DIGITS)},
}
PROTOCOL = "Seu protocolo é dois mil e vinte e seis, zero, zero, um, meia, sete, dois, oito, nove. "


@pytest.mark.parametrize(
    ("said", "pieces"),
    [
        ("PARA A SENHA,  tecle 1.", ("main.short",)),
        ("Para a senha, tecle 1. Para um chamado, tecle 2.", ("main.menu",)),
        ("Bom dia a todos.", ()),
        ("", ()),
        ("Anote.", ()),
        (
            "Seu protocolo é dois mil e vinte e seis, um. Anote.",
            ("greeting.protocol~0", "v.thousand.2", "v.number.26", "v.digit.1")
            + ("greeting.protocol~1",),
        ),
    ],
)
def test_words_are_matched_to_the_prompt_that_holds_most_of_them(
    said: str, pieces: tuple[str, ...]
) -> None:
    assert Texts(TEXTS).pieces_in(said) == pieces


@given(st.text(alphabet="01234567890", min_size=8, max_size=8))
def test_a_protocol_number_is_understood_again(digits: str) -> None:
    said = ", ".join(DIGITS[int(digit)] for digit in digits)
    pieces = Texts(TEXTS).pieces_in(f"Seu protocolo é dois mil e vinte e seis, {said}. Anote.")
    assert protocol_in(pieces) == f"2026{digits}"


@given(st.text(max_size=80))
def test_any_words_may_be_said(said: str) -> None:
    assert set(Texts(TEXTS).pieces_in(said)) <= set(TEXTS)


STORY: dict[str, Any] = {
    "story": "A caller gives the protocol number that was said",
    "caller": "+5567999990098",
    "steps": [
        {"hears": ["greeting.protocol", "main.menu"], "press": "2"},
        {"hears": ["ticket.ask"], "press": "{protocol}"},
    ],
    "ends": {"by": "system", "hears": ["bye.thanks"]},
}


def say(text: str) -> str:
    return f'<Say language="pt-BR">{text}</Say>'


def tell(phone: Phone, texts: dict[str, str] | None) -> ScriptResult:
    async def work(exchange: Exchange) -> ScriptResult:
        script = parse_script({**STORY}, name="x.toml")
        return await run_script(script, exchange, [], to=DESK, texts=texts)

    result = phone.run(work)
    assert isinstance(result, ScriptResult)
    return result


@pytest.fixture
def desk(service: ScriptedService) -> ScriptedService:
    menu = say(PROTOCOL + "Anote.") + say(TEXTS["main.menu"])
    service.on("/voice", f'<Gather numDigits="1" action="/ask">{menu}</Gather>')
    service.on("/ask", f'<Gather numDigits="12" action="/bye">{say(TEXTS["ticket.ask"])}</Gather>')
    return service.on("/bye", say(TEXTS["bye.thanks"]))


def test_a_story_comes_true_by_the_words_of_the_carriers_voice(
    phone: Phone, desk: ScriptedService
) -> None:
    assert tell(phone, TEXTS).problems == []
    assert desk.at("/bye")[0]["Digits"] == "202600167289"


def test_without_the_words_nothing_is_recognised(phone: Phone, desk: ScriptedService) -> None:
    (problem,) = tell(phone, None).problems
    assert problem.startswith("step 1: expected to hear greeting.protocol, main.menu; heard -")


def test_two_recordings_in_one_call_get_a_voice_each(phone: Phone, desk: ScriptedService) -> None:
    desk.on("/voice", '<Record action="/again" timeout="2"/>')
    desk.on("/again", say(TEXTS["ticket.ask"]) + '<Record action="/bye" timeout="2"/>')

    async def work(exchange: Exchange) -> list[float]:
        story = {**STORY, "steps": [{"record": 3}, {"hears": ["ticket.ask"], "record": 2}]}
        script = parse_script(story, name="x.toml")
        result = await run_script(script, exchange, [], to=DESK, texts=TEXTS)
        assert result.problems == []
        return [each.seconds for each in exchange.recordings.values()]

    assert [round(seconds) for seconds in phone.run(work)] == [3, 2]
