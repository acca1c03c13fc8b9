"""Defects of flows that load: wiring, prompts, words, and what may happen on some way through.

One rule, one function; a rule yields a defect for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivr.flow import check_paths, check_person, check_prompts, check_wiring, check_words
from ivr.flow.book import FlowBook
from ivr.flow.check_subject import Rule, Subject
from ivr.flow.load import Defect

RULES: tuple[Rule, ...] = (
    *check_wiring.RULES,
    *check_paths.RULES,
    *check_person.RULES,
    *check_prompts.RULES,
    *check_words.RULES,
)


def check(
    book: FlowBook,
    *,
    prompts: Mapping[str, Collection[str]],
    outcomes: frozenset[str],
    complaint_flow: str | None = None,
) -> list[Defect]:
    """All defects, by file and node.

    ``prompts``: placeholder names by prompt id. ``outcomes``: the words a node may give as
    ``outcome``. ``complaint_flow``: flow that an option of the first menu must lead to.
    """
    subject = Subject.of(book, prompts=prompts, outcomes=outcomes, complaint_flow=complaint_flow)
    found = {defect: None for rule in RULES for defect in rule(subject)}
    return sorted(found, key=lambda d: (d.file, d.node, d.key, d.text))
