"""Every node type against its case file, the state stored between steps."""

from __future__ import annotations

import pytest
from flow_cases import CASES, Case, cases, run

from ivr.flow.nodes import NODE_TYPES

FILES = sorted(CASES.glob("*.toml"))
ALL = [case for file in FILES for case in cases(file)]
NAMES = [f"{file.stem}-{case.title}" for file in FILES for case in cases(file)]


def test_every_node_type_has_its_case_file_and_no_case_file_is_left_over() -> None:
    assert {file.stem for file in FILES} == set(NODE_TYPES)


@pytest.mark.parametrize("kind", sorted(NODE_TYPES))
def test_a_case_file_uses_the_node_type_it_is_named_for(kind: str) -> None:
    used = [
        node.type
        for case in cases(CASES / f"{kind}.toml")
        for node in case.book.flows["main"].nodes.values()
    ]
    assert kind in used


@pytest.mark.parametrize("case", ALL, ids=NAMES)
def test_case(case: Case) -> None:
    run(case)
