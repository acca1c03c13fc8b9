"""Each defect of a flow, one a file: the sound desk with one thing changed, and what is said."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from flow_desk import BROKEN, OUTCOMES, book_of, changed, desk_tables, prompts_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow.check import RULES, check
from ivr.flow.check_subject import Subject
from ivr.flow.load import FlowDefectsError

TARGETS = ("then", "to", "yes", "no", "failed", "open", "closed", "answered", "unanswered")
FILES = sorted(BROKEN.glob("*.toml"))


def defects_of(path: Path) -> list[str]:
    data = tomllib.loads(path.read_text())
    tables = desk_tables()
    prompts = {**prompts_of(tables), **data.get("prompts", {})}
    try:
        book = book_of(changed(tables, data.get("change", {}), data.get("removed", [])))
    except FlowDefectsError as error:
        return [str(d) for d in error.defects]
    found = check(book, prompts=prompts, outcomes=OUTCOMES, complaint_flow="explain")
    return [str(d) for d in found]


def test_the_desk_without_a_change_has_no_defect() -> None:
    tables = desk_tables()
    book = book_of(tables)
    prompts = prompts_of(tables)
    assert check(book, prompts=prompts, outcomes=OUTCOMES, complaint_flow="explain") == []


@pytest.mark.parametrize("path", FILES, ids=[f.stem for f in FILES])
def test_broken(path: Path) -> None:
    assert defects_of(path) == tomllib.loads(path.read_text())["defects"]


def test_every_rule_of_the_checker_is_broken_by_some_file() -> None:
    fired: set[str] = set()
    for path in FILES:
        data = tomllib.loads(path.read_text())
        tables = desk_tables()
        prompts = {**prompts_of(tables), **data.get("prompts", {})}
        try:
            book = book_of(changed(tables, data.get("change", {}), data.get("removed", [])))
        except FlowDefectsError:
            continue
        subject = Subject.of(book, prompts=prompts, outcomes=OUTCOMES, complaint_flow="explain")
        fired |= {rule.__name__ for rule in RULES if list(rule(subject))}
    assert fired == {rule.__name__ for rule in RULES}


def test_a_complaint_flow_that_is_not_there_is_told() -> None:
    tables = desk_tables()
    found = check(
        book_of(tables), prompts=prompts_of(tables), outcomes=OUTCOMES, complaint_flow="complaints"
    )
    assert [str(d) for d in found] == ["complaint_flow: no flow 'complaints'"]


PLACES = [
    (flow, node, key)
    for flow, table in desk_tables()["flows"].items()
    for node, fields in table["nodes"].items()
    for key, value in fields.items()
    if isinstance(value, str) and key in TARGETS
]
NAMES = [f"{flow}.{node}" for flow, node, _ in PLACES]


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from([*NAMES, "return", "x", "a.b", "."])),
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_leads_wherever_the_checker_has_an_answer(
    changes: list[tuple[tuple[str, str, str], str]],
) -> None:
    tables = desk_tables()
    for (flow, node, key), target in changes:
        tables["flows"][flow]["nodes"][node][key] = target
    found = check(book_of(tables), prompts=prompts_of(tables), outcomes=OUTCOMES)
    assert all(d.text and (d.node or d.key) for d in found)
