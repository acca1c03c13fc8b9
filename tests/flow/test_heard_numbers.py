"""Numbers said in every usual way are understood; what is ambiguous keeps its other meanings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from ivr.domain.identifier import matricula_check_digit
from ivr.flow import heard
from ivr.flow.book import NumberRead
from ivr.flow.heard_numbers import MOST_READINGS, MOST_WORDS, Reading, choose, readings
from ivr.service.flows import read_identifier

ONES = ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"]
OTHERS = {"1": "uma", "2": "duas", "6": "meia"}
PLURALS = ["zeros", "uns", "dois", "três", "quatros", "cincos", "meias", "setes", "oitos", "noves"]


def all_of(text: str) -> list[str]:
    return [reading.digits for reading in readings(heard.plain(text).split())]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("trinta e três", "33"),
        ("trinta três", "33"),
        ("cento e vinte", "120"),
        ("cento e vinte e três", "123"),
        ("cem", "100"),
        ("cem vinte", "10020"),
        ("duzentas e cinco", "205"),
        ("novecentos e noventa e nove", "999"),
        ("mil", "1000"),
        ("mil e um", "1001"),
        ("dois mil e dezenove", "2019"),
        ("mil novecentos e oitenta e quatro", "1984"),
        ("cento e vinte mil trezentos e quatro", "120304"),
        ("2 mil e 19", "2019"),
        ("três zeros", "000"),
        ("dois noves", "99"),
        ("duas meias", "66"),
        ("três vezes o zero", "000"),
        ("zero três vezes", "000"),
        ("nove duas vezes zero", "900"),
        ("duplo zero", "00"),
        ("dois nove", "29"),
        ("meia dúzia", "6"),
        ("quatorze catorze", "1414"),
        ("dez zero um", "1001"),
        ("código mil e um", "1001"),
        ("cinquenta e dois, noventa e nove, oitenta e dois", "529982"),
        ("cinco dois nove, traço, ponto, hum, então zero", "5290"),
        ("vinte meia dois", "2062"),
    ],
)
def test_a_number_is_taken_as_it_is_mostly_meant(text: str, first: str) -> None:
    assert heard.digits(text) == first


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("vinte e três", "203"),
        ("cento e vinte e três", "100203"),
        ("cento e vinte e três", "1203"),
        ("dois nove", "99"),
        ("três seis", "666"),
        ("20 e 3", "23"),
        ("dois mil", "21000"),
        ("dois noves", "29"),
    ],
)
def test_what_may_be_meant_otherwise_is_given_too(text: str, also: str) -> None:
    assert also in all_of(text)[1:]


@pytest.mark.parametrize(
    "text", ["", "geladeira", "um geladeira dois", "vezes", "e e e", "noves fora"]
)
def test_words_that_are_no_number_have_no_reading(text: str) -> None:
    assert all_of(text) == []


def test_a_monologue_of_digits_is_no_number() -> None:
    assert all_of("um " * MOST_WORDS) == ["1" * MOST_WORDS]
    assert all_of("um " * (MOST_WORDS + 1)) == []


def test_many_ambiguous_words_are_read_within_bounds() -> None:
    ways = readings(heard.plain("vinte e três " * 20).split())
    assert len(ways) == MOST_READINGS
    assert ways[0].digits == "23" * 20


def test_a_reading_shows_no_digits_in_its_repr() -> None:
    assert "98765" not in repr(Reading(digits="98765"))


@st.composite
def spoken(draw: st.DrawFn) -> tuple[str, str]:
    """(digits, words): pieces said one by one, as numbers, repeated or written, a mark between."""
    said: list[str] = []
    digits: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        way = draw(st.sampled_from(["ones", "number", "repeated", "times", "written"]))
        if way == "ones":
            number = draw(st.text(alphabet="0123456789", min_size=1, max_size=5))
            words = " ".join(
                OTHERS[d] if d in OTHERS and draw(st.booleans()) else ONES[int(d)] for d in number
            )
        elif way == "number":
            value = draw(st.integers(1, 99_999))
            number, words = str(value), num2words(value, lang="pt_BR")
        elif way == "written":
            number = words = draw(st.text(alphabet="0123456789", min_size=1, max_size=5))
        else:
            digit, times = draw(st.sampled_from("014578")), draw(st.integers(2, 9))
            count = {2: "duas", **dict(enumerate(ONES))}[times]
            of = f"vezes {ONES[int(digit)]}" if way == "times" else PLURALS[int(digit)]
            number, words = digit * times, f"{count} {of}"
        digits.append(number)
        said.append(words)
    mark = draw(st.sampled_from([" traço ", " ponto ", " barra, hum, ", " dígito "]))
    return "".join(digits), mark.join(said)


@given(spoken())
def test_a_number_said_in_any_mix_of_ways_is_understood(case: tuple[str, str]) -> None:
    number, words = case
    assert heard.digits(words) == number


@given(st.lists(st.integers(0, 99), min_size=1, max_size=3))
def test_pairs_without_any_mark_are_among_the_readings(pairs: list[int]) -> None:
    words = " ".join(num2words(pair, lang="pt_BR") for pair in pairs)
    assert "".join(map(str, pairs)) in all_of(words)


@given(
    st.lists(
        st.sampled_from(
            ["um", "dois", "nove", "noves", "zeros", "vezes", "o", "a", "e", "vinte", "cento"]
            + ["cem", "mil", "meia", "duzia", "duplo", "20", "3", "007"]
        ),
        max_size=70,
    )
)
def test_any_words_of_numbers_are_read_without_an_error(words: list[str]) -> None:
    ways = readings(words)
    assert all(way.digits.isascii() and way.digits.isdigit() for way in ways)
    assert [way.cost for way in ways] == sorted(way.cost for way in ways)
    assert len({way.digits for way in ways}) == len(ways)


@given(st.text(max_size=200))
def test_any_text_has_readings_without_an_error(text: str) -> None:
    for way in heard.identifier_readings(text):
        assert way.digits.isdigit()


def read(text: str) -> NumberRead:
    return choose(heard.identifier_readings(text), read_identifier)


def test_a_cpf_said_in_groups_is_found_by_its_check_digits() -> None:
    """529.982.247-25: "quinhentos e vinte" may be 520 or 500, 20."""
    said = (
        "meu CPF é quinhentos e vinte e nove, nove oito dois, dois quatro sete, traço vinte e cinco"
    )
    assert read(said).number == "52998224725"


def test_check_digits_choose_the_unlikelier_reading() -> None:
    """ "vinte, cinco" at the end is 25 or 20, 5: only one makes a whole CPF."""
    spaced = "cinco dois nove nove oito dois dois quatro sete vinte cinco"
    assert heard.digits(spaced) == read(spaced).number == "52998224725"
    body = "1203"
    digit = matricula_check_digit(body)
    whole = read(f"minha matrícula é cento e vinte, três, {ONES[int(digit)]}")
    assert heard.digits("cento e vinte três") == "123"
    assert whole.number == body + digit and whole.kind == "matricula"


def test_a_plural_that_the_recogniser_lost_is_found_again() -> None:
    """390.533.447-05 is not said so; 111.444.777-35 is: "três quatros" heard as "três quatro"."""
    assert read("um um um três quatro três sete três cinco").problem
    assert read("um um um três quatro sete sete sete três cinco").number == "11144477735"


def test_a_misheard_digit_never_becomes_another_persons_number_by_fishing() -> None:
    """Eleven digits with a wrong check digit stay wrong, whatever "dois nove" could be."""
    assert read("cinco dois nove nove oito dois dois quatro sete dois seis").problem == "no_match"


def test_two_numbers_that_are_equally_likely_are_none() -> None:
    ways = (Reading(digits="11", splits=1), Reading(digits="22", splits=1))
    found = choose(ways, lambda digits: NumberRead(kind="cpf", number=digits))
    assert found.problem == "no_match"
    assert choose((), read_identifier).problem == "no_match"


@pytest.mark.parametrize(
    ("text", "problem"), [("um dois", "too_short"), ("um " * 13, "too_long"), ("", "no_match")]
)
def test_a_number_of_no_right_length_is_told_apart(text: str, problem: str) -> None:
    assert read(text).problem == problem
