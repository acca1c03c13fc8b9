"""Parts of ``make soak``: what it says of CPU time, and callers who leave the queue."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ivr.carrier.events import Enqueued
from tools.soak import callers
from tools.soak.spent import Spent

BUSY = """
import sys, time
def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    print("spent", flush=True)
spend(0.2)
sys.stdin.readline()
spend(0.3)
sys.stdin.readline()
"""


def test_cpu_time_counts_from_the_beginning_on_and_stays_after_a_death() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    spent = Spent()
    process.stdout.readline()
    spent.look({"busy": [process.pid]})
    spent.begin()
    assert spent.seconds() == {"busy": 0.0}
    process.stdin.write("\n")
    process.stdin.flush()
    process.stdout.readline()
    spent.look({"busy": [process.pid]})
    process.kill()
    process.communicate()
    spent.look({"busy": [process.pid]})
    assert 0.25 <= spent.seconds()["busy"] <= 0.6


def test_caller_leaves_the_queue_also_when_the_service_named_no_music(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callers, "OWN_MUSIC_S", 0.01)
    left: list[bool] = []
    call: Any = SimpleNamespace(handset=SimpleNamespace(hang_up=lambda: left.append(True)))
    queued = Enqueued(
        call="CA1", at=datetime.now(UTC), queue="atendimento", queue_sid="QU1", position=1
    )

    async def wait() -> None:
        callers._leave_the_queue(call, queued)
        assert left == []
        await asyncio.sleep(0.05)

    asyncio.run(wait())
    assert left == [True]
