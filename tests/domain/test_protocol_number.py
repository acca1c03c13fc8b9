from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.protocol_number import (
    Protocol,
    ProtocolFault,
    check_digit,
    make_protocol,
    parse_protocol,
)

protocols = st.builds(make_protocol, st.integers(2000, 2999), st.integers(1, 9_999_999))


def test_damm_gives_the_published_example() -> None:
    assert check_digit("572") == "4"


@given(protocols)
def test_a_protocol_is_read_back_from_both_its_forms(protocol: Protocol) -> None:
    assert len(protocol.digits) == 12
    assert parse_protocol(protocol.digits) == protocol
    assert parse_protocol(protocol.formatted) == protocol
    assert str(protocol) == protocol.formatted


@given(protocols)
def test_every_single_wrong_digit_is_refused(protocol: Protocol) -> None:
    digits = protocol.digits
    for place, right in enumerate(digits):
        for other in "0123456789":
            if other != right:
                wrong = digits[:place] + other + digits[place + 1 :]
                assert parse_protocol(wrong) is ProtocolFault.BAD_CHECK_DIGIT


@given(protocols)
def test_every_swap_of_neighbours_is_refused(protocol: Protocol) -> None:
    digits = protocol.digits
    for place in range(11):
        if digits[place] != digits[place + 1]:
            pair = digits[place + 1] + digits[place]
            wrong = digits[:place] + pair + digits[place + 2 :]
            assert parse_protocol(wrong) is ProtocolFault.BAD_CHECK_DIGIT


def test_the_form_for_screens_has_year_sequence_and_check_digit() -> None:
    protocol = make_protocol(2026, 123)
    assert protocol.formatted == f"2026.0000123-{protocol.digits[-1]}"
    assert protocol.digits.startswith("20260000123")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ProtocolFault.TOO_SHORT),
        ("20260000123", ProtocolFault.TOO_SHORT),
        ("2026000012345", ProtocolFault.TOO_LONG),
        ("2026000012*4", ProtocolFault.NOT_DIGITS),
        ("٢٠٢٦٠٠٠٠١٢٣٤", ProtocolFault.NOT_DIGITS),
        ("00000000000" + check_digit("00000000000"), ProtocolFault.OUT_OF_RANGE),
        ("20260000000" + check_digit("20260000000"), ProtocolFault.OUT_OF_RANGE),
    ],
)
def test_what_is_no_protocol_tells_why(text: str, fault: ProtocolFault) -> None:
    assert parse_protocol(text) is fault


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    assert isinstance(parse_protocol(text), Protocol | ProtocolFault)


@pytest.mark.parametrize(("year", "sequence"), [(1999, 1), (3000, 1), (2026, 0), (2026, 10**7)])
def test_a_year_or_sequence_out_of_range_is_never_given(year: int, sequence: int) -> None:
    with pytest.raises(ValueError):
        make_protocol(year, sequence)


def test_protocols_sort_by_year_and_sequence() -> None:
    assert make_protocol(2026, 9_999_999) < make_protocol(2027, 1)
