from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.identifier import is_br_mobile, mask_phone, normalise_phone
from ivr.domain.phone_number import WITHHELD, format_phone


@pytest.mark.parametrize(
    "text", [*sorted(WITHHELD), "Anonymous", "UNKNOWN", " anonymous ", "", "  ", None]
)
def test_a_withheld_caller_number_is_no_number(text: str | None) -> None:
    assert normalise_phone(text) is None


@pytest.mark.parametrize("text", ["266696687", "7378742833", "2562533", "86282452253"])
def test_withheld_spellings_without_plus_are_no_number(text: str) -> None:
    assert normalise_phone(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+5567999990001", "+5567999990001"),
        ("067999990001", "+5567999990001"),
        ("(67) 99999-0001", "+5567999990001"),
        ("(67) 3318-3600", "+556733183600"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_number_is_written_as_e164(text: str, number: str) -> None:
    assert normalise_phone(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "190",
        "33183600",
        "+55",
        "client:agent",
        "sip:+5567999990001@x",
        "+5567999990001;ext=1",
        "+5567999990001" * 4,
        "٦٧٩٩٩٩٩٠٠٠١",
        "++5567999990001",
    ],
)
def test_what_cannot_be_called_is_no_number(text: str) -> None:
    assert normalise_phone(text) is None


@given(st.text(max_size=30) | st.from_regex(r"\+?[0-9 ()-]{0,20}", fullmatch=True))
def test_any_text_gives_e164_or_nothing_and_twice_gives_the_same(text: str) -> None:
    number = normalise_phone(text)
    if number is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
        assert phonenumbers.is_valid_number(phonenumbers.parse(number))
        assert normalise_phone(number) == number


def test_only_a_brazilian_mobile_gets_an_sms() -> None:
    assert is_br_mobile("+5567999990001")
    assert not is_br_mobile("+556733183600")
    assert not is_br_mobile("+14155552671")
    assert not is_br_mobile(None)
    assert not is_br_mobile("anonymous")


def test_a_number_is_formatted_for_screens() -> None:
    assert format_phone("+5567999990001") == "(67) 99999-0001"
    assert format_phone("+14155552671") == "+1 415-555-2671"
    assert format_phone("anonymous") == "anonymous"


@given(st.from_regex(r"\+55[0-9]{10,11}", fullmatch=True))
def test_a_masked_number_shows_its_last_four_digits_only(number: str) -> None:
    assert re.sub("[^0-9]", "", mask_phone(number)) == number[-4:]


@pytest.mark.parametrize("number", [None, "", "190", "1234567"])
def test_a_short_number_is_masked_whole(number: str | None) -> None:
    assert not re.search("[0-9]", mask_phone(number))
