"""Each defect of a flow, one a file: the sound desk with one thing changed, and what is said."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from flow_cases import BROKEN, OUTCOMES, book_of, changed, desk_tables, prompts_of

from ivr.flow.check import check
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
