"""The filter in an address, the meanings of a search, and the cells of a file."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.search_words import LONGEST, folded, meanings, names_match
from ivr.service.calls_log_export import DANGEROUS, csv_chunks, guarded, xlsx_chunks
from ivr.service.calls_log_facts import band_of
from ivr.service.calls_log_query import (
    PARAMETERS,
    QueryError,
    cursor_words,
    read_cursor,
    read_query,
    sought_words,
)

TODAY = date(2026, 11, 25)
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    st.builds(
        str.__add__,
        st.sampled_from(DANGEROUS),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    ),
)


def read_back(rows: list[list[str]]) -> list[list[str]]:
    body = b"".join(csv_chunks(["=a", "b"], iter(rows)))
    assert body.startswith(b"\xef\xbb\xbf")
    text = io.StringIO(body[3:].decode(), newline="")
    return list(csv.reader(text, delimiter=";"))


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=20))
def test_no_cell_of_a_csv_begins_like_a_formula_and_none_is_lost(rows: list[list[str]]) -> None:
    found = read_back(rows)
    assert len(found) == len(rows) + 1
    for row, given_row in zip(found, [["=a", "b"], *rows], strict=True):
        for cell, wanted in zip(row, given_row, strict=True):
            assert not cell.startswith(DANGEROUS)
            assert cell in (wanted, f"'{wanted}")


def test_control_of_the_guard_an_unguarded_cell_is_seen() -> None:
    assert "=1+1".startswith(DANGEROUS)
    assert guarded("=1+1") == "'=1+1"
    assert guarded("+556733183600") == "'+556733183600"
    assert guarded("(**) *****-0001") == "(**) *****-0001"
    assert guarded(7) == 7


def test_xlsx_holds_text_as_text_and_numbers_as_numbers() -> None:
    body = b"".join(xlsx_chunks(["a", "b"], iter([["=1+1", 7], ["http://x.test", 0]])))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        sheet = Xml.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    names = {element.tag.rpartition("}")[2] for element in sheet.iter()}
    assert "f" not in names
    assert "hyperlink" not in names
    assert [e.text for e in sheet.iter() if e.tag.endswith("}v")][-1] == "0"


@given(text=st.text(max_size=LONGEST + 20))
def test_any_text_has_meanings_or_none(text: str) -> None:
    for word in meanings(text):
        assert word.value
        assert word.kind in ("protocol", "sid", "cpf", "matricula", "phone", "service", "name")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("(67) 99999-0001", {"phone"}),
        ("+55 67 99999 0001", {"phone"}),
        ("123.456.789-09", {"cpf"}),
        ("2026.0000001-2", {"protocol"}),
        ("202600000012", {"protocol"}),
        ("CA" + "a1" * 16, {"sid"}),
        ("1001", {"service"}),
        ("Ana Modelo", {"name"}),
        ("Carlos", {"name"}),
        ("CARLOS", {"name"}),
        ("", set()),
        ("   ", set()),
        ("x", set()),
        ("x" * 81, set()),
    ],
)
def test_text_means_what_people_mean(text: str, kinds: set[str]) -> None:
    assert kinds <= {word.kind for word in meanings(text)}
    assert bool(meanings(text)) == bool(kinds)


def test_names_are_found_without_accents_and_by_beginnings() -> None:
    assert folded("  José   ÁVILA ") == "jose avila"
    assert names_match("jos av", "José Ávila")
    assert names_match("avila", "x", "jose.avila")
    assert not names_match("josi", "José Ávila")


@given(
    args=st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=40), max_size=6),
    personal=st.booleans(),
)
def test_any_address_is_a_filter_or_a_plain_fault(args: dict[str, str], personal: bool) -> None:
    try:
        query = read_query(args, today=TODAY, personal=personal)
    except QueryError as error:
        assert error.reason in ("unknown", "date", "order", "long", "person")
    else:
        assert read_query(query.args, today=TODAY, personal=personal) == query


def test_period_is_whole_days_of_campo_grande() -> None:
    query = read_query({"de": "2026-11-24", "ate": "2026-11-25"}, today=TODAY, personal=True)
    assert query.wanted.since == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert query.wanted.until == datetime(2026, 11, 26, 4, tzinfo=UTC)
    today = read_query({}, today=TODAY, personal=True)
    assert today.wanted.since == datetime(2026, 11, 25, 4, tzinfo=UTC)


def test_protocol_is_sought_at_any_time() -> None:
    busca = sought_words((("protocol", "202600000012"),))
    query = read_query({"busca": busca, "dias": "1"}, today=TODAY, personal=False)
    assert query.exact
    assert query.wanted.since is None


def test_search_for_a_person_is_refused_without_the_right() -> None:
    for column in ("caller_hash", "person", "matricula_hash"):
        busca = sought_words(((column, "a" * 32),))  # type: ignore[arg-type]
        with pytest.raises(QueryError, match="person"):
            read_query({"busca": busca}, today=TODAY, personal=False)
        assert read_query({"busca": busca}, today=TODAY, personal=True).wanted.any_of


@given(
    at=st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC)
    )
)
def test_place_of_a_page_comes_back_to_the_microsecond(at: datetime) -> None:
    assert read_cursor(cursor_words(at, "CA1")) == (at, "CA1")


@given(text=st.text(max_size=60))
def test_any_text_for_a_place_is_a_place_or_nothing(text: str) -> None:
    found = read_cursor(text)
    assert found is None or found[0].tzinfo is UTC


@pytest.mark.parametrize(
    ("seconds", "band"),
    [
        (0, "ate_1"),
        (60, "ate_1"),
        (61, "1_a_5"),
        (300, "1_a_5"),
        (301, "5_a_15"),
        (901, "mais_de_15"),
    ],
)
def test_length_has_its_class(seconds: int, band: str) -> None:
    assert band_of(seconds) == band
