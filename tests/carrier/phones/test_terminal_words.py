"""Events over JSON and back, utterances out of pieces, and what a typed line means."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier import events
from ivr.carrier.events import LineEvent, PlayFinished, PlayStarted, as_dict
from ivr.carrier.terminal_input import (
    Command,
    HangUp,
    NotUnderstood,
    Press,
    Silence,
    Speak,
    Typed,
    read_typed,
)
from ivr.carrier.terminal_line import read_event, without_secrets
from ivr.carrier.terminal_words import DOTS, Said, Utterances

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
KINDS = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, LineEvent) and kind is not LineEvent
]
VALUES = {"str": "x", "int": 3, "float": 1.5, "bool": True, "datetime": AT}
TEXTS = {
    "main.menu": "Menu.",
    "action~0": "Sobre",
    "action~1": "tecle 1.",
    "service.email": "o e-mail",
    "protocol~0": "Protocolo",
    "v.digit.1": "um",
    "v.pause": "",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_each_event_comes_back_from_json_as_it_was(kind: type[LineEvent]) -> None:
    values = {
        each.name: {"timeout": 5} if each.name == "attributes" else VALUES[str(each.type)]
        for each in fields(kind)
    }
    event = kind(**values)
    assert read_event(json.loads(json.dumps(as_dict(event)))) == event


@pytest.mark.parametrize(
    "told", [{}, {"event": "hello"}, {"event": "hung_up"}, {"event": "hung_up", "at": "?"}]
)
def test_what_is_no_event_is_none(told: dict[str, str]) -> None:
    assert read_event(told) is None


def test_the_token_of_a_spelled_password_is_not_shown() -> None:
    event = PlayStarted(
        at=AT, call="CA1", kind="play", url="http://x/audio/secret/tok.wav", seconds=1
    )
    assert without_secrets(event)["url"] == "http://x/audio/secret/…"


def whole(*pieces: str) -> list[Said]:
    """What is told as whole when these pieces play one after the other."""
    told: list[Said] = []
    utterances = Utterances(TEXTS, told.append)
    for piece in pieces:
        path = piece if "/" in piece else f"prompts/{piece}.wav?v=1"
        url = f"http://x/{path}"
        utterances.see(PlayStarted(at=AT, call="C", kind="play", url=url, seconds=1))
        utterances.see(PlayFinished(at=AT, call="C", kind="play", url=url, stopped=False))
    utterances.settle()
    return [said for said in told if said.whole]


def said(prompt: str, text: str) -> Said:
    return Said(prompt=prompt, text=text, whole=True)


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["main.menu"], [said("main.menu", "Menu.")]),
        (["main.menu", "main.menu"], [said("main.menu", "Menu.")] * 2),
        (
            ["action~0", "service.email", "action~1", "main.menu"],
            [said("action", "Sobre o e-mail tecle 1."), said("main.menu", "Menu.")],
        ),
        (
            ["protocol~0", "v.digit.1", "v.pause", "v.digit.1", "main.menu"],
            [said("protocol", "Protocolo um um"), said("main.menu", "Menu.")],
        ),
        (["protocol~0", "protocol~0"], [said("protocol", "Protocolo")] * 2),
        (["action~0", "protocol~0"], [said("action", "Sobre"), said("protocol", "Protocolo")]),
        (["v.digit.1", "action~1"], [said("action", "um tecle 1.")]),
        (["action~0", "audio/secret/t.wav"], [said("action", "Sobre"), said("", DOTS)]),
        (["new.prompt"], [said("new.prompt", "(new.prompt)")]),
        (["other/ring.wav"], [said("", "(som)")]),
    ],
)
def test_pieces_of_one_utterance_are_one_line(pieces: list[str], wanted: list[Said]) -> None:
    assert whole(*pieces) == wanted


def test_an_utterance_is_told_as_it_starts_and_ends_when_it_is_cut() -> None:
    told: list[Said] = []
    utterances = Utterances(TEXTS, told.append)
    url = "http://x/prompts/protocol~0.wav"
    utterances.see(PlayStarted(at=AT, call="C", kind="play", url=url, seconds=1))
    assert told == [Said(prompt="protocol", text="Protocolo", whole=False)]
    utterances.see(PlayFinished(at=AT, call="C", kind="play", url=url, stopped=True))
    assert told[-1] == said("protocol", "Protocolo")


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("12#", Press(keys="12#")),
        ("123.456.789-09", Press(keys="12345678909")),
        ("{pin}#", Press(keys="{pin}#")),
        ("*", Press(keys="*")),
        (".", Silence()),
        ("Desligar", HangUp()),
        ("quero uma senha", Speak(text="quero uma senha")),
        ("sim @0.4", Speak(text="sim", confidence=0.4)),
        ("fala: 1 2 3 @0,62", Speak(text="1 2 3", confidence=0.62)),
        ("fala: ana@ms.gov.br", Speak(text="ana@ms.gov.br")),
        ("/salvar  a b.toml", Command(name="salvar", argument="a b.toml")),
        ("/AJUDA", Command(name="ajuda")),
        ("   ", None),
    ],
)
def test_a_typed_line_is_a_deed(line: str, typed: Typed | None) -> None:
    assert read_typed(line) == typed


@pytest.mark.parametrize("line", ["fala:", "!?", "@0.5", "sim @1.5"])
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(NotUnderstood):
        read_typed(line)


@given(st.text(max_size=60))
def test_any_line_is_a_deed_or_refused(line: str) -> None:
    try:
        typed = read_typed(line)
    except NotUnderstood:
        return
    assert typed is not None or not line.strip()
    if isinstance(typed, Speak):
        assert typed.text.strip() and 0 <= typed.confidence <= 1
