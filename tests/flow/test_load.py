"""Flow files into a book: all defects at once, and a revision that tells one set from another."""

from __future__ import annotations

from typing import Any

import pytest
from flow_cases import GLOBALS

from ivr.flow.load import FlowDefectsError, build_book, revision

BYE: dict[str, Any] = {"id": "main", "start": "bye", "nodes": {"bye": {"type": "hangup"}}}


def refused(files: dict[str, dict[str, Any]]) -> list[str]:
    with pytest.raises(FlowDefectsError) as caught:
        build_book(files)
    assert str(caught.value) == "\n".join(str(d) for d in caught.value.defects)
    return [str(d) for d in caught.value.defects]


def test_all_defects_are_told_not_only_the_first() -> None:
    broken = {
        "id": "main",
        "nodes": {"a": {"type": "say"}, "b": "hangup", "c": {"type": ["menu"]}},
        "globals": {**GLOBALS, "startt": "main"},
        "colour": "red",
    }
    found = refused({"main.toml": broken})
    assert found[0] == ("main.toml: colour: unknown key; allowed: globals, id, nodes, start, title")
    assert "main.toml: start: is missing" in found
    assert any("startt" in line for line in found)


def test_a_node_that_is_no_table_and_a_type_that_is_no_word_are_defects() -> None:
    nodes = {"b": "hangup", "c": {"type": ["menu"]}}
    found = refused({"main.toml": {**BYE, "nodes": nodes, "globals": GLOBALS}})
    assert found[0] == "main.toml: b: is not a table"
    assert found[1].startswith("main.toml: c: type: ['menu'] is none of: branch, ")


def test_the_globals_stand_in_exactly_one_file() -> None:
    other = {**BYE, "id": "other", "globals": GLOBALS}
    assert refused({"main.toml": BYE}) == ["globals: no flow file has the table [globals]"]
    twice = refused({"main.toml": {**BYE, "globals": GLOBALS}, "other.toml": other})
    assert twice == ["other.toml: globals: stands in two files"]


def test_a_flow_id_stands_in_one_file() -> None:
    files = {"a.toml": {**BYE, "globals": GLOBALS}, "b.toml": BYE}
    assert refused(files) == ["b.toml: id: flow 'main' is in two files"]


def test_the_flow_that_calls_begin_with_must_be_there() -> None:
    lost = {**GLOBALS, "start": "nowhere"}
    assert refused({"main.toml": {**BYE, "globals": lost}}) == [
        "[globals]: start: no flow 'nowhere'"
    ]


def test_the_revision_changes_with_the_content_and_not_with_the_order() -> None:
    one = {"a": {"id": "a", "x": 1}, "b": {"id": "b"}}
    same = {"b": {"id": "b"}, "a": {"x": 1, "id": "a"}}
    assert revision(one) == revision(same)
    assert revision(one) != revision({**one, "b": {"id": "c"}})
    assert len(revision(one)) == 12
