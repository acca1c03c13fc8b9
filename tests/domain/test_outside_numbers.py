"""Which numbers outside may be called: those of the list, and no others however they are typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr.domain.outside_numbers import OutsideData, OutsideNumbers

BOOK = OutsideNumbers(
    [
        OutsideData(name="plantao", label="Plantão", number="+556733180190"),
        OutsideData(name="orgaos", label="Órgão", pattern="+55673318xxxx"),
    ]
)


def test_a_name_of_the_list_and_a_typed_number_of_a_family_are_found() -> None:
    named = BOOK.find("plantao")
    assert named is not None and named.number == "+556733180190"
    for typed in ("(67) 3318-0055", "+55 67 3318 0055", "6733180055"):
        found = BOOK.find("", typed)
        assert found is not None and (found.number, found.label) == ("+556733180055", "Órgão …0055")
    known = BOOK.find("", "67 3318 0190")
    assert known is not None and known.label == "Plantão"
    assert "3318" not in repr(known), "no number in what is logged"


@pytest.mark.parametrize(
    "typed",
    ["", "190", "0900 123 4567", "+1 212 555 0100", "(11) 3318-0055", "67 9 9999-0001", "x" * 90],
)
def test_what_is_not_on_the_list_is_refused(typed: str) -> None:
    assert BOOK.find("", typed) is None
    assert BOOK.find("nenhum", "6733180055") is None, "an unknown name is not typed over"


@given(st.text(max_size=30) | st.from_regex(r"\+?[0-9 ()\-]{0,18}", fullmatch=True))
def test_whatever_is_typed_only_the_family_is_ever_dialled(typed: str) -> None:
    found = BOOK.find("", typed)
    assert found is None or found.number.startswith("+55673318")


@pytest.mark.parametrize(
    "entry",
    [
        {"pattern": "+55xx3318xxxx"},
        {"pattern": "+5567xxxxxxxx"},
        {"pattern": "+1212555xxxx"},
        {"number": "+12125550100"},
        {"number": "190"},
        {"number": "+556733180190", "pattern": "+55673318xxxx"},
        {},
    ],
)
def test_a_list_that_opens_more_than_a_family_of_numbers_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OutsideData(name="aberto", label="Aberto", **entry)
