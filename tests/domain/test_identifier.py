from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from validate_docbr import CPF

from ivr.domain.identifier import (
    Identifier,
    IdentifierFault,
    IdentifierKind,
    mask_cpf,
    mask_matricula,
    matricula_check_digit,
    parse_identifier,
    parse_keyed,
)

DIGITS = "0123456789"
bodies = st.text(alphabet=DIGITS, min_size=9, max_size=9).filter(lambda t: len(set(t)) > 1)
matricula_bodies = st.text(alphabet=DIGITS, min_size=3, max_size=8)


def cpf_of(body: str) -> str:
    """The CPF of nine digits, by the rule of the Receita Federal written out afresh."""
    digits = body
    for _ in range(2):
        weights = range(len(digits) + 1, 1, -1)
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) * 10 % 11
        digits += str(rest % 10)
    return digits


@given(bodies)
def test_every_cpf_with_right_check_digits_is_taken(body: str) -> None:
    number = cpf_of(body)
    assert parse_identifier("cpf", number) == Identifier(kind=IdentifierKind.CPF, digits=number)


@given(bodies, st.integers(0, 10), st.integers(1, 9))
def test_a_cpf_with_one_wrong_digit_is_never_taken_for_the_right_one(
    body: str, place: int, shift: int
) -> None:
    number = cpf_of(body)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    if CPF().validate(wrong):
        # The two CPF check digits let some single slips pass; they are then another CPF.
        assert cpf_of(wrong[:9]) == wrong
    else:
        assert parse_identifier("cpf", wrong) in (
            IdentifierFault.BAD_CHECK_DIGIT,
            IdentifierFault.REPEATED,
        )


@pytest.mark.parametrize("digit", DIGITS)
def test_a_cpf_of_one_repeated_digit_is_refused(digit: str) -> None:
    assert parse_identifier("cpf", digit * 11) is IdentifierFault.REPEATED


@pytest.mark.parametrize(
    ("digits", "fault"),
    [
        ("", IdentifierFault.TOO_SHORT),
        ("5299822472", IdentifierFault.TOO_SHORT),
        ("529982247250", IdentifierFault.TOO_LONG),
        ("52998224726", IdentifierFault.BAD_CHECK_DIGIT),
        ("5299822472*", IdentifierFault.NOT_DIGITS),
        ("٥٢٩٩٨٢٢٤٧٢٥", IdentifierFault.NOT_DIGITS),
        ("529.982.247-25", IdentifierFault.NOT_DIGITS),
    ],
)
def test_a_malformed_cpf_tells_what_is_wrong(digits: str, fault: IdentifierFault) -> None:
    assert parse_identifier("cpf", digits) is fault


def test_a_short_cpf_is_not_filled_up_with_zeros() -> None:
    short = cpf_of("000000191")[2:]
    assert CPF().validate(short), "the library alone would take it"
    assert parse_identifier("cpf", short) is IdentifierFault.TOO_SHORT


def test_the_matricula_rule_gives_worked_examples() -> None:
    # 3×2 + 2×3 + 1×4 = 16; 16 mod 11 = 5; 11 - 5 = 6
    assert matricula_check_digit("123") == "6"
    # 9×2 + 8×3 + 7×4 + 6×5 + 5×6 + 4×7 + 3×8 + 2×9 = 200; 200 mod 11 = 2; 11 - 2 = 9
    assert matricula_check_digit("23456789") == "9"
    # 6×2 = 12; 12 mod 11 = 1; 11 - 1 = 10, written 0
    assert matricula_check_digit("006") == "0"
    # 0 mod 11 = 0; 11 - 0 = 11, written 0
    assert matricula_check_digit("000") == "0"


@given(matricula_bodies)
def test_a_matricula_with_its_check_digit_is_taken(body: str) -> None:
    number = body + matricula_check_digit(body)
    parsed = parse_identifier("matricula", number)
    if len(set(number)) == 1:
        assert parsed is IdentifierFault.REPEATED
    else:
        assert parsed == Identifier(kind=IdentifierKind.MATRICULA, digits=number)


@given(matricula_bodies, st.integers(1, 9))
def test_a_matricula_with_another_check_digit_is_refused(body: str, shift: int) -> None:
    wrong = body + str((int(matricula_check_digit(body)) + shift) % 10)
    assert isinstance(parse_identifier("matricula", wrong), IdentifierFault)


@pytest.mark.parametrize("body", ["", "12", "123456789", "12a"])
def test_a_matricula_body_of_the_wrong_form_has_no_check_digit(body: str) -> None:
    with pytest.raises(ValueError):
        matricula_check_digit(body)


def test_length_tells_a_keyed_cpf_from_a_keyed_matricula() -> None:
    assert parse_keyed("52998224725") == parse_identifier("cpf", "52998224725")
    assert parse_keyed("1236") == parse_identifier("matricula", "1236")
    assert parse_keyed("123") is IdentifierFault.TOO_SHORT
    assert parse_keyed("5299822472") is IdentifierFault.TOO_SHORT
    assert parse_keyed("529982247255") is IdentifierFault.TOO_LONG


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(parse_keyed(text), Identifier | IdentifierFault)


def test_an_unknown_kind_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError):
        parse_identifier("rg", "1234")


def test_the_repr_of_an_identifier_hides_its_digits() -> None:
    parsed = parse_identifier("cpf", "52998224725")
    assert "529" not in repr(parsed)
    assert isinstance(parsed, Identifier) and parsed.masked == "***.982.247-**"


def test_masks_show_only_their_part() -> None:
    assert mask_cpf("12345678909") == "***.456.789-**"
    assert mask_cpf("123") == "***.***.***-**"
    assert mask_matricula("1234567") == "****567"
    assert mask_matricula("123") == "***"
