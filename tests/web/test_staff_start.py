"""The start of work: where the agent's telephone is."""

from __future__ import annotations

import pytest
from desk import Desk
from hypothesis import given
from hypothesis import strategies as st
from web.staff_browser import (
    CARLA,
    DAVI,
    START,
    audit_of,
    staff_inside,
    staff_row,
    with_staff,
)

from ivr.domain.agent_line import LineError, number_of, sip_of


@pytest.fixture
def staffed(still: Desk) -> Desk:
    return with_staff(still)


@pytest.mark.parametrize(
    ("fields", "audio", "line"),
    [
        ({"audio": "ramal", "number": "(67) 3318-3611"}, "ramal", "+556733183611"),
        ({"audio": "ramal", "number": "+55 67 99999-0001"}, "ramal", "+5567999990001"),
        ({"audio": "sip", "sip": "ana@pbx.ms.gov.br"}, "sip", "sip:ana@pbx.ms.gov.br"),
        (
            {"audio": "sip", "sip": "sips:1001@10.0.0.1:5061;transport=tls"},
            "sip",
            "sips:1001@10.0.0.1:5061;transport=tls",
        ),
        ({"audio": "navegador"}, "navegador", "+556733183611"),
    ],
)
def test_agent_chooses_where_to_answer_and_opens_the_console(
    staffed: Desk, fields: dict[str, str], audio: str, line: str
) -> None:
    browser = staff_inside(staffed)
    answer = browser.send(START, **fields)
    assert (answer.status_code, answer.location) == (303, "/agente")
    row = staff_row(staffed)
    assert (row.audio, row.line) == (audio, line)


@pytest.mark.parametrize(
    "fields",
    [
        {"audio": "ramal", "number": ""},
        {"audio": "ramal", "number": "190"},
        {"audio": "ramal", "number": "+1 212 555 0100"},
        {"audio": "ramal", "number": "(67) 3318-3611 ramal 12"},
        {"audio": "ramal", "number": "sip:ana@pbx.ms.gov.br"},
        {"audio": "sip", "sip": ""},
        {"audio": "sip", "sip": "sip:ana:senha@pbx.ms.gov.br"},
        {"audio": "sip", "sip": "sip:ana@pbx.ms.gov.br?Subject=x"},
        {"audio": "sip", "sip": "https://mau.example"},
        {"audio": "sip", "sip": "sip:ana@pbx.ms.gov.br\r\nX: y"},
        {"audio": "satelite"},
        {},
    ],
)
def test_line_that_cannot_be_rung_is_told_and_changes_nothing(
    staffed: Desk, fields: dict[str, str]
) -> None:
    browser = staff_inside(staffed)
    before = staff_row(staffed)
    answer = browser.send(START, **fields)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert staff_row(staffed) == before


def test_line_is_sealed_in_the_database_and_not_in_the_audit(staffed: Desk) -> None:
    staff_inside(staffed).send(START, audio="ramal", number="(67) 3318-3699")
    with staffed.rt.store.engine.connect() as connection:  # type: ignore[attr-defined]
        rows = [
            str(connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall())
            for name in ("staff", "audit", "changes")
        ]
    assert "33183699" not in "".join(rows)
    assert audit_of(staffed)[0].data == {"audio": "ramal"}


def test_who_is_no_agent_sees_the_account_and_no_telephone(staffed: Desk) -> None:
    browser = staff_inside(staffed, DAVI)
    page = browser.open(START)
    assert "Entrar em operação" not in page.text
    assert "gestão, administração" in page.text
    assert "Entrar em operação" in staff_inside(staffed, CARLA).open(START).text


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_number_is_one_of_brazil_or_refused(text: str) -> None:
    try:
        number = number_of(text)
    except LineError:
        return
    assert number.startswith("+55")
    assert number[1:].isascii()
    assert number[1:].isdigit()


@given(st.text(max_size=60) | st.from_regex(r"sips?:[a-z]{1,5}@[a-z.:;?\r\n<>\"]{1,20}"))
def test_whatever_is_typed_as_a_sip_address_is_safe_in_a_header_or_refused(text: str) -> None:
    try:
        address = sip_of(text)
    except LineError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(" <>\"'?#\\") - {"'"}
    assert address.startswith(("sip:", "sips:"))
