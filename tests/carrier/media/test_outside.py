"""Virtual time while something outside of the loop is waited for."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from ivr.carrier.clock import outside, patience, run_virtual

START = datetime(2026, 3, 2, tzinfo=UTC)


def test_time_jumps_outside_of_it_and_runs_at_the_pace_inside() -> None:
    async def work() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        await asyncio.sleep(3600)
        jumped = time.monotonic() - began
        with outside():
            before, real = loop.time(), time.monotonic()
            await asyncio.sleep(2)
            assert loop.time() - before == pytest.approx(2, abs=0.05)
            return jumped, time.monotonic() - real

    jumped, ran = run_virtual(work(), start=START, pace=20)
    assert jumped < 1
    assert ran >= 0.09


def test_a_thread_is_waited_for_without_a_timer() -> None:
    async def work() -> str:
        with outside(), outside():
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, time.sleep, 0.05)
            return "done"

    assert run_virtual(work(), start=START) == "done"


def test_patience_is_the_machines() -> None:
    async def work() -> float:
        return patience(2.0)

    assert run_virtual(work(), start=START, pace=8) == 16.0
    assert asyncio.run(work()) == 2.0


def test_an_ordinary_loop_takes_no_notice() -> None:
    async def work() -> bool:
        with outside():
            await asyncio.sleep(0)
        return True

    assert asyncio.run(work())
