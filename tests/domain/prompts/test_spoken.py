from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from ivr.domain.prompts.errors import Unspeakable
from ivr.domain.prompts.spoken import KINDS, pieces_of, spelled_pieces, value_pieces, words_of

DIGITS = st.text("0123456789", min_size=1, max_size=24)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("digits", "6", "meia"),
        ("digits", "1606", "um, meia, zero, meia"),
        ("digits", "12-34", "um, dois, três, quatro"),
        (
            "cpf",
            "123.456.789-06",
            "um, dois, três, quatro, cinco, meia, sete, oito, nove, zero, meia",
        ),
        ("matricula", "1234567", "um, dois, três, quatro, cinco, meia, sete"),
        (
            "protocol",
            "2026.000417-3",
            "dois mil e vinte e seis, zero, zero, zero, quatro, um, sete, três",
        ),
        ("date", "2026-11-25", "quarta-feira, vinte e cinco de novembro"),
        ("date", "2026-03-01", "domingo, primeiro de março"),
        ("date", "2028-02-29", "terça-feira, vinte e nove de fevereiro"),
        ("time", "07:00", "sete horas"),
        ("time", "07:30", "sete horas e trinta minutos"),
        ("time", "01:01", "uma hora e um minuto"),
        ("time", "22:02", "vinte e duas horas e dois minutos"),
        ("time", "21:45", "vinte e uma horas e quarenta e cinco minutos"),
        ("time", "12:00", "meio-dia"),
        ("time", "00:15", "meia-noite e quinze minutos"),
        ("number", "0", "zero"),
        ("number", "6", "seis"),
        ("number", "100", "cem"),
        ("number", "999", "novecentos e noventa e nove"),
        ("minutes", "0", "menos de um minuto"),
        ("minutes", "1", "um minuto"),
        ("minutes", "60", "uma hora"),
        ("minutes", "125", "duas horas e cinco minutos"),
    ],
)
def test_value_is_said_in_telephone_diction(kind: str, value: str, words: str) -> None:
    assert words_of(kind, value) == words


def groups(pieces: tuple[str, ...]) -> list[int]:
    """Sizes of the digit groups between pauses."""
    runs = " ".join(pieces).split(" v.pause ")
    return [len(run.split()) for run in runs]


@pytest.mark.parametrize(
    ("kind", "value", "sizes"),
    [
        ("cpf", "12345678906", [3, 3, 3, 2]),
        ("digits", "1234", [4]),
        ("digits", "123456", [3, 3]),
        ("digits", "1234567", [3, 2, 2]),
        ("digits", "12 3456 7", [2, 4, 1]),
        ("matricula", "12345678", [3, 3, 2]),
        ("protocol", "20260004173", [2, 3, 2, 2]),
    ],
)
def test_digits_are_parted_into_groups(kind: str, value: str, sizes: list[int]) -> None:
    assert groups(pieces_of(kind, value)) == sizes


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("digits", ""),
        ("digits", "12a"),
        ("digits", "１２"),
        ("digits", "-1"),
        ("digits", "1" * 25),
        ("cpf", "1234567890"),
        ("cpf", "123456789012"),
        ("matricula", "12"),
        ("protocol", "1999000417"),
        ("protocol", "2000000417"),
        ("protocol", "202612"),
        ("date", "20261125"),
        ("date", "2026-W48-3"),
        ("date", "2026-02-29"),
        ("time", "24:00"),
        ("time", "7:30"),
        ("time", "07:30:00"),
        ("number", "1000"),
        ("number", "-1"),
        ("number", "1.5"),
        ("number", "²"),
        ("minutes", "1440"),
    ],
)
def test_value_of_another_shape_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Unspeakable):
        pieces_of(kind, value)


@given(
    st.one_of(
        DIGITS.map(lambda value: ("digits", value)),
        st.text("0123456789", min_size=11, max_size=11).map(lambda value: ("cpf", value)),
        st.text("0123456789", min_size=3, max_size=12).map(lambda value: ("matricula", value)),
        st.tuples(st.integers(2001, 2099), st.text("0123456789", min_size=3, max_size=12)).map(
            lambda value: ("protocol", f"{value[0]}{value[1]}")
        ),
        st.dates(min_value=date(1900, 1, 1)).map(lambda value: ("date", value.isoformat())),
        st.times().map(lambda value: ("time", f"{value:%H:%M}")),
        st.integers(0, 999).map(lambda value: ("number", str(value))),
        st.integers(0, 1439).map(lambda value: ("minutes", str(value))),
    )
)
def test_every_valid_value_speaks_only_pieces_that_exist(spoken: tuple[str, str]) -> None:
    pieces = pieces_of(*spoken)
    assert pieces
    assert set(pieces) <= value_pieces().keys()
    assert "  " not in words_of(*spoken)


@given(st.sampled_from(sorted(KINDS)), st.text())
def test_any_text_is_spoken_or_refused_without_being_quoted(kind: str, value: str) -> None:
    try:
        assert set(pieces_of(kind, value)) <= value_pieces().keys()
    except Unspeakable as error:
        assert str(error) == "value does not fit its kind"


@given(DIGITS)
def test_no_digit_is_lost_or_moved(value: str) -> None:
    spoken = [piece[-1] for piece in pieces_of("digits", value) if piece != "v.pause"]
    assert "".join(spoken) == value


def test_number_words_are_those_of_num2words() -> None:
    for number in range(1000):
        assert words_of("number", str(number)) == num2words(number, lang="pt_BR")


def test_longest_value_of_each_kind_fits_the_kind() -> None:
    for kind, reader in KINDS.items():
        assert pieces_of(kind, reader.longest), kind


def test_password_is_spelled_with_its_capitals_digits_and_signs() -> None:
    table = value_pieces()
    assert [table[piece] for piece in spelled_pieces("Ab6-E")] == [
        "á maiúsculo",
        "bê",
        "meia",
        "hífen",
        "é maiúsculo",
    ]


def test_every_printable_character_has_a_name_of_its_own() -> None:
    printable = [chr(code) for code in range(33, 127)]
    names = {value_pieces()[piece] for piece in spelled_pieces("".join(printable))}
    assert len(names) == len(printable)


@pytest.mark.parametrize("character", [" ", "ç", "\n", "٣", "é"])
def test_character_without_a_name_is_refused(character: str) -> None:
    with pytest.raises(Unspeakable):
        spelled_pieces(f"a{character}")


def test_only_the_pause_has_no_words() -> None:
    assert [piece for piece, text in value_pieces().items() if not text] == ["v.pause"]
