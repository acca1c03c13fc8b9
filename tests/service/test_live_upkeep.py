"""Told changes do not stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from web.phone_line import still_desk

from ivr.service.worker import CHANGES_KEPT, sweep


@pytest.mark.on_both_stores
def test_the_sweep_forgets_changes_that_nobody_reads_any_more(
    tmp_path: Path, desk_store: str
) -> None:
    desk = still_desk(tmp_path)

    def tell(name: str) -> None:
        with desk.rt.store.begin() as tx:
            tx.changes.tell("alerta", name, audience=["role:supervisor"])

    def kept() -> list[str]:
        with desk.rt.store.begin(write=False) as tx:
            return [change.entity for change in tx.changes.after(0)]

    tell("old")
    desk.clock.at += CHANGES_KEPT - timedelta(seconds=1)
    tell("newer")
    sweep(desk.rt)
    assert kept() == ["old", "newer"]
    desk.clock.at += timedelta(seconds=2)
    sweep(desk.rt)
    assert kept() == ["newer"]
