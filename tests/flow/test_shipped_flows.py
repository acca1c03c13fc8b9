"""The flows that callers meet: without a defect, and proven to leave nobody stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr import bootstrap
from ivr.adapters.speech.prompt_files import load_catalogue
from ivr.domain.outcome import CallOutcome
from ivr.domain.service_catalogue import ServiceCatalogue
from ivr.flow.book import FlowBook
from ivr.flow.check import check
from ivr.flow.draw import to_dot
from ivr.flow.explore import explore
from ivr.service.flows import read_book
from ivr.web.startup import COMPLAINT_FLOW

ROOT = Path(__file__).parents[2]
FLOWS = ROOT / "callflows"
OUTCOMES = frozenset(o.value for o in CallOutcome)


@pytest.fixture(scope="module")
def names() -> dict[str, tuple[str, ...]]:
    return bootstrap.placeholders(load_catalogue(ROOT / "prompts" / "pt-BR.toml"))


@pytest.fixture(scope="module")
def book(names: dict[str, tuple[str, ...]]) -> FlowBook:
    catalogue = ServiceCatalogue.from_data(bootstrap.read_toml(FLOWS / "service.toml"))
    return read_book(bootstrap.read_flows(FLOWS), catalogue=catalogue, placeholders=names)


def test_the_flows_have_no_defect(book: FlowBook, names: dict[str, tuple[str, ...]]) -> None:
    found = check(book, prompts=names, outcomes=OUTCOMES, complaint_flow=COMPLAINT_FLOW)
    assert [str(d) for d in found] == []


def test_no_caller_gets_stuck_in_any_state(book: FlowBook) -> None:
    report = explore(book, outcomes=OUTCOMES)
    assert report.ok, str(report)


def test_every_flow_can_be_drawn(book: FlowBook) -> None:
    for flow in book.flows:
        assert f'"{flow}.' in to_dot(book, flow)
