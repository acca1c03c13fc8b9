from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.prompts import errors
from ivr.domain.prompts.catalogue import Catalogue, parse
from ivr.domain.prompts.segments import Slot, Static, split

TEXTS: dict[str, object] = {
    "greeting": {
        "welcome": {"text": "Olá.  Você ligou\npara o suporte.", "note": "calma"},
        "protocol": {"text": "O número do seu protocolo é {protocol:protocol}."},
    },
    "service": {
        "email": {"text": "e-mail oficial."},
        "offer": {"text": "Para {service:prompt}, tecle 1."},
        "nested": {"text": "Nada de {service:prompt}."},
    },
    "reset": {"spell": {"text": "A senha é {password:spelled}."}},
    "odd": {"text": "Isto é {value:roman}."},
}


@dataclass(frozen=True, kw_only=True)
class Said:
    prompt: str
    values: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture
def catalogue() -> Catalogue:
    return parse(TEXTS, file="prompts/pt-BR.toml")


def test_text_without_placeholder_is_one_piece_with_the_id_of_the_prompt(
    catalogue: Catalogue,
) -> None:
    (piece,) = catalogue.speak(Said(prompt="greeting.welcome"))
    assert piece.piece_id == "greeting.welcome"
    assert piece.text == "Olá. Você ligou para o suporte."


def test_text_is_split_at_placeholders_and_lone_punctuation_makes_no_piece() -> None:
    assert split("a.b", "Digite {code:digits}, ou {other:time}.") == (
        Static(piece_id="a.b~0", text="Digite"),
        Slot(name="code", kind="digits"),
        Static(piece_id="a.b~1", text="ou"),
        Slot(name="other", kind="time"),
    )


def test_utterance_becomes_pieces_in_the_order_of_the_text(catalogue: Catalogue) -> None:
    spoken = catalogue.speak(Said(prompt="greeting.protocol", values={"protocol": "2026.12-6"}))
    assert [piece.piece_id for piece in spoken] == [
        "greeting.protocol~0",
        "v.thousand.2",
        "v.number.26",
        "v.pause",
        "v.digit.1",
        "v.digit.2",
        "v.digit.6",
    ]
    assert spoken[-1].text == "meia"


def test_utterance_becomes_plain_words(catalogue: Catalogue) -> None:
    said = Said(prompt="greeting.protocol", values={"protocol": "2026.12-6"})
    assert catalogue.words(said) == (
        "O número do seu protocolo é dois mil e vinte e seis, um, dois, meia."
    )


def test_value_may_be_another_prompt(catalogue: Catalogue) -> None:
    said = Said(prompt="service.offer", values={"service": "service.email"})
    assert [piece.piece_id for piece in catalogue.speak(said)] == [
        "service.offer~0",
        "service.email",
        "service.offer~1",
    ]
    assert catalogue.words(said) == "Para e-mail oficial, tecle 1."


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(prompt="no.such"), errors.UnknownPrompt),
        (Said(prompt="greeting.protocol"), errors.MissingValue),
        (Said(prompt="greeting.protocol", values={"protocol": "x"}), errors.ValueDoesNotFit),
        (Said(prompt="odd", values={"value": "IV"}), errors.UnknownKind),
        (Said(prompt="service.offer", values={"service": "no.such"}), errors.ValueDoesNotFit),
        (
            Said(prompt="service.offer", values={"service": "service.nested"}),
            errors.ValueDoesNotFit,
        ),
    ],
)
def test_utterance_that_cannot_be_spoken_has_its_own_error(
    catalogue: Catalogue, said: Said, error: type[errors.PromptError]
) -> None:
    for speak in (catalogue.speak, catalogue.words):
        with pytest.raises(error) as caught:
            speak(said)
        assert type(caught.value) is error
        assert caught.value.prompt == said.prompt


def test_spelled_password_is_never_spoken_piece_by_piece(catalogue: Catalogue) -> None:
    said = Said(prompt="reset.spell", values={"password": "Ab6"})
    for speak in (catalogue.speak, catalogue.words):
        with pytest.raises(errors.SpelledInTheOpen) as caught:
            speak(said)
        assert "Ab6" not in str(caught.value)


@given(st.text(min_size=3))
def test_error_never_quotes_the_value(value: str) -> None:
    catalogue = parse({"code": {"text": "É {x:digits}."}}, file="f")
    try:
        catalogue.speak(Said(prompt="code", values={"x": value}))
    except errors.ValueDoesNotFit as error:
        assert str(error) == "prompt code: the value of x is not of kind digits"
        assert error.__cause__ is None


def test_placeholders_are_listed_with_their_kinds(catalogue: Catalogue) -> None:
    assert catalogue.placeholders("greeting.protocol") == {"protocol": "protocol"}
    assert catalogue.placeholders("greeting.welcome") == {}


def test_pieces_are_the_static_ones_and_all_values(catalogue: Catalogue) -> None:
    pieces = catalogue.pieces()
    assert pieces["service.offer~1"] == "tecle 1."
    assert pieces["v.digit.6"] == "meia"
    assert "service.offer" not in pieces
    assert catalogue.static_pieces().items() <= pieces.items()


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"a": {"b": {"note": "x"}}}, "f.toml: a.b: text: Field required"),
        ({"a": {"b": {"text": 5}}}, "f.toml: a.b: text: Input should be a valid string"),
        (
            {"a": {"text": "Olá.", "voice": "x"}},
            "f.toml: a: voice: Extra inputs are not permitted",
        ),
        ({"a": {}}, "f.toml: a: text: Field required"),
        ({"a": {"text": " … "}}, "f.toml: a: text: has no words"),
        ({"a": {"text": "É {x}."}}, "f.toml: a: text: a placeholder is written"),
        ({"a": {"text": "É {x:time."}}, "f.toml: a: text: a placeholder is written"),
        ({"a": {"text": "{x:time} {x:date}"}}, "f.toml: a: text: x has two kinds"),
        ({"A b": {"text": "Olá."}}, "f.toml: A b: id: is dotted words"),
        ({"v": {"x": {"text": "Olá."}}}, "f.toml: v.x: id: v.* belongs"),
    ],
)
def test_bad_entry_is_named_by_file_prompt_and_key(tables: dict[str, object], message: str) -> None:
    with pytest.raises(errors.CatalogueError) as caught:
        parse(tables, file="f.toml")
    (problem,) = caught.value.problems
    assert problem.startswith(message)


def test_all_bad_entries_are_named_at_once() -> None:
    with pytest.raises(errors.CatalogueError) as caught:
        parse({"a": {"text": ""}, "b": {"text": "{"}, "c": {"text": "Olá."}}, file="f")
    assert len(caught.value.problems) == 2


def test_prompt_may_stand_above_other_prompts() -> None:
    tables = {"wait": {"text": "Aguarde.", "long": {"text": "Aguarde mais."}}}
    assert parse(tables, file="f").prompts.keys() == {"wait", "wait.long"}


def test_loading_the_catalogue_imports_no_number_or_sound_library() -> None:
    program = (
        "import sys; from ivr.domain.prompts.catalogue import parse;"
        "parse({'a': {'text': 'É {x:number}.'}}, file='f');"
        "assert not {'num2words', 'numpy', 'pyttsx3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
