"""Which telephone PINs are refused, and why."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.adapters.directory.demo_people import PEOPLE
from ivr.domain.telephone_pin import MESSAGES, OWN_RUN, PinFault, PinOwner, check_pin

OWNER = PinOwner(cpf="12345678909", matricula="100013", mobile="+5567999990001")
NOBODY = PinOwner()


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("", PinFault.NOT_DIGITS),
        ("7390 5168", PinFault.NOT_DIGITS),
        ("７３９０５１６８", PinFault.NOT_DIGITS),
        ("7390516", PinFault.TOO_SHORT),
        ("7390516824173", PinFault.TOO_LONG),
        ("88888888", PinFault.REPEATED),
        ("73737373", PinFault.REPEATED),
        ("739073907390", PinFault.REPEATED),
        ("17771177", PinFault.REPEATED),
        ("73900008", PinFault.REPEATED),
        ("12345678", PinFault.SEQUENCE),
        ("98765432", PinFault.SEQUENCE),
        ("78901234", PinFault.SEQUENCE),
        ("24680246", PinFault.SEQUENCE),
        ("12349876", PinFault.SEQUENCE),
        ("70345678", PinFault.SEQUENCE),
        ("25121987", PinFault.DATE),
        ("12251987", PinFault.DATE),
        ("19871225", PinFault.DATE),
        ("729021980", PinFault.DATE),
        ("45678190", PinFault.OWN_CPF),
        ("71000137", PinFault.OWN_MATRICULA),
        ("79999068", PinFault.OWN_MOBILE),
        ("70001367", PinFault.OWN_MATRICULA),
    ],
)
def test_pin_is_refused_with_its_reason(pin: str, fault: PinFault) -> None:
    assert fault in check_pin(pin, owner=OWNER)


@pytest.mark.parametrize("pin", ["73905168", "802649173852", "30022980"])
def test_pin_without_a_pattern_is_taken(pin: str) -> None:
    assert check_pin(pin, owner=OWNER) == ()


@pytest.mark.parametrize("person", [p for p in PEOPLE if p.pin], ids=lambda p: p.key)
def test_pins_of_the_demonstration_are_good_ones(person: object) -> None:
    owner = PinOwner(cpf=person.cpf, matricula=person.matricula, mobile=person.mobile or "")  # type: ignore[attr-defined]
    assert check_pin(person.pin, owner=owner) == ()  # type: ignore[attr-defined]


def test_every_reason_has_words_and_none_holds_a_pin() -> None:
    assert set(MESSAGES) == set(PinFault)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 12, 31)))
def test_every_birthday_is_refused(day: date) -> None:
    for order in ("%d%m%Y", "%m%d%Y", "%Y%m%d"):
        assert check_pin(day.strftime(order), owner=NOBODY)


@given(
    cpf=st.from_regex(r"\A\d{11}\Z"),
    at=st.integers(0, 11 - OWN_RUN),
    rest=st.from_regex(r"\A\d{3,7}\Z"),
)
def test_any_part_of_the_own_cpf_is_refused(cpf: str, at: int, rest: str) -> None:
    pin = cpf[at : at + OWN_RUN] + rest
    if cpf.isascii() and rest.isascii():
        assert PinFault.OWN_CPF in check_pin(pin, owner=PinOwner(cpf=cpf))


@given(st.text(max_size=40))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    faults = check_pin(text, owner=OWNER)
    assert faults or (text.isdigit() and 8 <= len(text) <= 12)
