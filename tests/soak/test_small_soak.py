"""A small run of ``make soak``, and that its reconciliation finds what it looks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivr.ports.store import Job
from ivr.service.effects.messages import tag_of
from tools.soak.figures import Evidence, reconcile
from tools.soak.people import invent
from tools.soak.run import soak


@pytest.mark.timeout(110)
def test_thirty_calls_while_processes_die_every_second_lose_and_double_nothing() -> None:
    figures, seen = soak(calls=30, every=1.0, at_once=30, patience_s=15)
    assert figures.ok, "\n".join(figures.table())
    assert len(seen.tickets) == 30
    assert sum(n for name, n in figures.facts.items() if name.startswith("kills")) > 2  # type: ignore[misc]
    assert seen.messages, "calls came as far as their first message"


def test_invented_people_have_valid_numbers_of_their_own() -> None:
    from ivr.domain.identifier import Identifier, parse_identifier

    people = invent(300)
    assert all(isinstance(parse_identifier("cpf", p["cpf"]), Identifier) for p in people)
    assert len({p["cpf"] for p in people}) == len({p["mobile"] for p in people}) == 300


SID = "CA" + "1" * 32
RESET = f"reset:{SID}:8"


def job(key: str, kind: str, **payload: Any) -> dict[str, Any]:
    outcome = {"outcome": "done" if kind == "directory.reset" else "sent"}
    return {
        "key": key, "kind": kind, "call_sid": SID, "state": "done", "outcome": outcome,
        "payload": {"uid": "p1", **payload},
    }  # fmt: skip


NOTICE = job(f"notice:{RESET}", "sms.notice")
REF = tag_of(Job(key=NOTICE["key"], kind="sms.notice", call_sid=SID, payload={}))
CLEAN = Evidence(
    calls=[{"sid": SID, "ended_at": datetime(2026, 1, 1, tzinfo=UTC)}],
    tickets=[{"call_sid": SID, "protocol": "2026000001"}],
    jobs=[job(RESET, "directory.reset", delivery="spoken"), NOTICE],
    resets=[{"job": RESET}],
    changes=[{"uid": "p1", "marker": RESET}],
    accounts=[{"uid": "p1", "mobile": "+5567990000001", "version": 2}],
    messages=[("+5567990000001", f"Suporte MS: senha trocada. {REF}")],
    answered={SID},
    placed={SID},
    told={SID: ("reset.listen",)},
    statuses=Counter({200: 12}),
)


def test_a_clean_story_has_only_zeros() -> None:
    assert reconcile(CLEAN).ok, reconcile(CLEAN).bars


@pytest.mark.parametrize(
    ("figure", "spoil"),
    [
        ("lost tickets", lambda e: replace(e, tickets=[])),
        ("duplicate tickets", lambda e: replace(e, tickets=e.tickets * 2)),
        ("tickets of no call", lambda e: replace(e, placed=set())),
        ("calls left open", lambda e: replace(e, calls=[{"sid": SID, "ended_at": None}])),
        ("missing resets", lambda e: replace(e, changes=[])),
        ("double resets", lambda e: replace(e, changes=e.changes * 2)),
        ("double resets", lambda e: replace(e, accounts=[{**e.accounts[0], "version": 3}])),
        ("resets not counted once", lambda e: replace(e, resets=[])),
        (
            "jobs left waiting",
            lambda e: replace(e, jobs=[e.jobs[0], {**NOTICE, "state": "queued"}]),
        ),
        ("missing messages", lambda e: replace(e, messages=[])),
        ("missing messages", lambda e: replace(e, jobs=e.jobs[:1])),
        ("duplicate messages", lambda e: replace(e, messages=e.messages * 2)),
        ("duplicate messages", lambda e: replace(e, jobs=e.jobs[:1])),
        ("told done before it was", lambda e: replace(e, changes=[])),
        ("answers of 5xx", lambda e: replace(e, statuses=Counter({503: 2}))),
        ("defects told in the logs", lambda e: replace(e, logs='{"event": "job failed"}')),
    ],
)
def test_each_figure_finds_its_fault(figure: str, spoil: Callable[[Evidence], Evidence]) -> None:
    """The controls."""
    assert reconcile(spoil(CLEAN)).bars[figure] > 0
