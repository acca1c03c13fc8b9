"""A small drill: the disk is lost under load, nothing that was acked is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fixtures_postgres import MEMORY

from tools.drill.__main__ import lines
from tools.drill.run import Figures, drill

FIGURES = Figures(
    before=1, acked=1, lost=0, unacked=1, replayed=1, missing=0, audit_broken=False,
    base_backup_s=1, base_backup_bytes=1, dump_s=1, dump_restore_s=1, dumped=1, rto_s=1,
)  # fmt: skip


@pytest.mark.timeout(180)
def test_lost_disk_costs_no_acked_ticket_and_every_call_has_one_at_last() -> None:
    beneath = Path(MEMORY) if os.access(MEMORY, os.W_OK) else None
    found = drill(tickets=40, writers=3, seconds=0.5, beneath=beneath)
    assert found.passed, "\n".join(lines(found))
    assert found.acked > 0 and found.unacked > 0
    assert found.replayed >= found.unacked
    assert found.rto_s < 60


@pytest.mark.parametrize(
    "fault", [{"lost": 1}, {"missing": 1}, {"audit_broken": True}, {"dumped": 0}]
)
def test_drill_does_not_pass_with_a_fault(fault: dict[str, int]) -> None:
    assert FIGURES.passed
    assert not replace(FIGURES, **fault).passed  # type: ignore[arg-type]
