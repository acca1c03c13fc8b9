"""Each defect of a flow, one a file: the sound desk with one thing changed, and what is said."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from flow_cases import BROKEN, OUTCOMES, book_of, changed, desk_tables, prompts_of

from ivr.flow.check import RULES, check
from ivr.flow.check_subject import Subject
from ivr.flow.load import FlowDefectsError

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
