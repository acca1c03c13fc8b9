"""Words of a recogniser into digits, yes or no, options and keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow import heard


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("um dois três", "123"),
        ("UMA, duas; três!", "123"),
        ("meia meia zero", "660"),
        ("seis e meia", "66"),
        ("529.982.247-25", "52998224725"),
        ("529 982 247 traço 25", "52998224725"),
        ("é... um, ah, dois", "12"),
        ("eh um hum dois", "12"),
        ("cento e vinte", "120"),
        ("minha matrícula é um dois", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_digits_are_named_one_by_one_or_as_numbers(text: str, digits: str) -> None:
    assert heard.digits(text) == digits


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("sim", True),
        ("Isso mesmo", True),
        ("tá certo", True),
        ("não", False),
        ("NAO", False),
        ("não está certo", False),
        ("errado", False),
        ("é", True),
        ("É isso aí", True),
        ("com certeza", True),
        ("pois é", True),
        ("quero sim", True),
        ("talvez", None),
        ("não sei", None),
        ("pois não", None),
        ("é o quê", None),
        ("não, está errado", False),
        ("de jeito nenhum", False),
        ("simpatia", None),
        ("nãozinho", None),
        ("", None),
    ],
)
def test_yes_and_no_are_whole_words_and_a_no_beats_a_yes(text: str, answer: bool | None) -> None:
    assert heard.yes_or_no(text) is answer


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("atendente", "0"),
        ("quero falar com alguém", "0"),
        ("Voltar!", "*"),
        ("de novo", "9"),
        ("não entendi", "9"),
        ("fala mais devagar", "8"),
        ("pessoal", ""),
        ("revoltar", ""),
        ("", ""),
    ],
)
def test_words_that_mean_a_key_everywhere(text: str, key: str) -> None:
    assert heard.global_key(text) == key


OPTIONS = {"1": ("senha", "senha da rede"), "2": ("rede", "ponto de rede"), "3": ("e-mail",)}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("senha", "1"),
        ("a senha da rede", "1"),
        ("ponto de rede", "2"),
        ("rede", "2"),
        ("email", "3"),
        ("e-mail", "3"),
        ("senha e e-mail", ""),
        ("dois", "2"),
        ("sete", "7"),
        ("opção sete", "7"),
        ("a segunda", "2"),
        ("número 3", "3"),
        ("um dois", ""),
        ("senhas", ""),
        ("", ""),
    ],
)
def test_an_option_is_named_by_exactly_one_phrase_or_by_its_number(text: str, key: str) -> None:
    assert heard.option(text, OPTIONS) == key


def test_a_phrase_said_apart_from_a_longer_one_does_not_make_two_options() -> None:
    assert heard.named("rede, quer dizer, senha da rede", OPTIONS) == ["1"]


@given(st.text(max_size=80))
def test_any_text_is_heard_without_an_error(text: str) -> None:
    digits = heard.digits(text)
    assert digits == "" or (digits.isascii() and digits.isdigit())
    assert heard.yes_or_no(text) in (True, False, None)
    assert heard.global_key(text) in ("", "0", "*", "9", "8")
    assert heard.option(text, OPTIONS) in ("", *"0123456789")
    assert heard.plain(heard.plain(text)) == heard.plain(text)


@given(st.text(alphabet="0123456789", min_size=1, max_size=14))
def test_digits_said_one_by_one_come_back_as_they_were(number: str) -> None:
    names = ("zero", "um", "dois", "três", "quatro", "cinco", "meia", "sete", "oito", "nove")
    assert heard.digits(" ".join(names[int(d)] for d in number)) == number


@given(st.text(alphabet="0123456789 .-/", max_size=20))
def test_digits_that_the_recogniser_wrote_come_back_without_their_marks(text: str) -> None:
    assert heard.digits(text) == "".join(c for c in text if c.isdigit())
